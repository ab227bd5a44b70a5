"""Events on their way to a hub."""

from datetime import datetime

from imagehub.node.delivery.post import Post
from imagehub.sender import BLACK_JPEG


def event(text: str, taken: datetime) -> Post:
    """Return an event with the tiny black picture that goes with it."""
    return Post(text, BLACK_JPEG, taken)


def in_one_line(words: str) -> str:
    """Return words, such as an error's, fit to be a part of an event's text: without line ends and bars."""
    return " ".join(words.replace("|", "/").split())
