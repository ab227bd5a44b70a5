"""ETags: a browser or a program that has an answer already does not get it again."""

import hashlib

from fastapi import Request
from fastapi.responses import Response

KEEP = "private, no-cache"


def tag(*parts: object) -> str:
    """Return a strong ETag for what is made of these parts."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def has(request: Request, etag: str) -> bool:
    """Tell whether whoever asks has what bears this ETag."""
    given = request.headers.get("If-None-Match", "")
    return given.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in given.split(",")]


def not_modified(etag: str) -> Response:
    """Return the answer to who has it."""
    return Response(status_code=304, headers={"ETag": etag, "Cache-Control": KEEP})


def known(request: Request, answer: Response, etag: str) -> Response:
    """Return an answer with its ETag, or 304."""
    if has(request, etag):
        return not_modified(etag)
    answer.headers["ETag"] = etag
    answer.headers.setdefault("Cache-Control", KEEP)
    return answer
