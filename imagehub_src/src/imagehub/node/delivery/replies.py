"""What a hub's reply means for the message that it answers."""

from enum import Enum, auto

NOT_STORED = "NOT STORED "
PASSING = ("disk", "daily limit", "hub stopped", "connection lost")
"""How imagehub's reasons begin that are about the hub and not about the message: it may be taken later."""


class Meaning(Enum):
    """What became of a message."""

    STORED = auto()
    COMMAND = auto()  # stored, and the reply tells the node to do something
    LATER = auto()
    NEVER = auto()


def meaning(reply: str) -> Meaning:
    """Read a reply. Stock hubs say OK to everything, and some people's hubs a word of their own."""
    if reply.startswith(NOT_STORED.rstrip()):
        return Meaning.LATER if reason(reply).startswith(PASSING) else Meaning.NEVER
    return Meaning.STORED if reply.strip() in {"", "OK"} else Meaning.COMMAND


def reason(reply: str) -> str:
    """Return why a message was not stored."""
    return reply.removeprefix(NOT_STORED)
