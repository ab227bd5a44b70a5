"""What a node has to say, on its way to a hub."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Post:
    """A message to a hub: `text` is `node view|type|rest`, `body` a JPEG, or an array's bytes where `shape` is set.

    `taken` is when the picture was taken or the event happened, with its UTC offset. `shape` is (rows, columns) or
    (rows, columns, 3) of uint8 in C order.
    """

    text: str
    body: bytes
    taken: datetime
    shape: tuple[int, ...] | None = None


class Outbox(Protocol):
    """Where the parts of a node put what hubs shall get. Any thread may call it; it never waits for a hub."""

    def put(self, post: Post) -> None:
        """Take a message. What can't be kept is told by an event, never in silence."""
