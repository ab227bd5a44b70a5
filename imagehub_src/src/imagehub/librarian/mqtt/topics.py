"""Which topic tells what: names of nodes and views as single levels of topics.

A name keeps every character that a level may hold. `+`, `#`, `/`, `%` and what can't be printed become `%2B` and so
on, as in URLs; an empty name becomes `%`, which is the name of nothing else.
"""

import re
from urllib.parse import quote

STATUS = "status"
ONLINE, OFFLINE = b"online", b"offline"
PICTURE, STATE, EVENT = "picture", "state", "event"
READINGS = ("temperature", "humidity", "light", "motion")


def level(name: str) -> str:
    """Return a name as one level of a topic; different names stay different."""
    return "".join(char if char.isprintable() and char not in "+#/%" else quote(char, safe="") for char in name) or "%"


def status(prefix: str) -> str:
    """Return the topic that tells whether the librarian is there."""
    return f"{prefix}/{STATUS}"


def camera(prefix: str, node: str, view: str, last: str) -> str:
    """Return the topic that tells one thing of one camera."""
    return f"{prefix}/{level(node)}/{level(view)}/{last}"


def identifier(*names: str) -> str:
    """Return names as one word of `A-Z a-z 0-9 _ -`; different names stay different.

    A letter, digit or `-` stays; any other byte becomes `_` and two hexadecimal digits. `__` stands between names.
    """
    return "__".join(re.sub(rb"[^A-Za-z0-9-]", _escaped, name.encode()).decode() for name in names)


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"_%02x" % found[0][0]
