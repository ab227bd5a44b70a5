"""Addresses of cameras without the passwords in them."""

import re


def without_password(text: str) -> str:
    """Return a text, such as `rtsp://user:password@host/stream?key=1`, with its addresses' user and query left out."""
    return re.sub(r"://[^/\s]*@", "://", re.sub(r"(://[^?\s]*)\?\S*", r"\1", text))
