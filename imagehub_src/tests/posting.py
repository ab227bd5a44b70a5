"""What nodes have to say, for tests of its delivery."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from imagehub.node.delivery import office
from imagehub.node.delivery.numbering import Numbering
from imagehub.node.delivery.office import Office
from imagehub.node.delivery.post import Post
from imagehub.node.delivery.spool import Spool
from imagehub.node.delivery.telling import Telling
from imagehub.node.delivery.waiting import Limits, Waiting
from imagehub.node.settings.settings import NodeSettings, SpoolSettings
from imagehub.sender import BLACK_JPEG
from imagehub.testing import FakeClock

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=timezone(timedelta(hours=1)))
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


def image(number: int, body: bytes = JPEG) -> Post:
    """Return picture `number`, taken so many seconds after noon."""
    return Post("Barn P1|jpg", body + str(number).encode(), NOON + timedelta(seconds=number))


def event(number: int) -> Post:
    """Return event `number`, of so many seconds after noon."""
    return Post(f"Barn P1|count|{number}", BLACK_JPEG, NOON + timedelta(seconds=number))


def number_of(text: str) -> int:
    """Return the number of an event's text."""
    return int(text.rpartition("|")[2])


class Line:
    """A line with a spool in a folder, a clock that is moved by hand, and the end of its process at any moment."""

    def __init__(self, folder: Path | None, drop: str = "oldest", max_bytes: int = 1 << 20, **limits: Any) -> None:
        self.clock = FakeClock()
        self._folder, self._max_bytes = folder, max_bytes
        self._drop, self._limits = drop, Limits(**limits)
        self.open()

    def open(self) -> None:
        """Begin with what is in the folder."""
        self.spool = Spool(self._folder, self._max_bytes) if self._folder else None
        numbering = Numbering()
        self.telling = Telling(self.clock.monotonic)
        if self.spool is not None:
            numbering.open(self.spool.folder, self.spool.open())
        self.waiting = Waiting(self.spool, numbering, self.telling, self._limits, self._drop, self.clock.monotonic)

    def end(self) -> None:
        """Go as a process does that is killed: nothing is written, the lock is free."""
        if self.spool is not None:
            lock, self.spool._lock = self.spool._lock, None
            assert lock is not None
            os.close(lock)

    def deliver(self) -> Post | None:
        """Take the oldest message as a hub does; None where nothing waits."""
        letter = self.waiting.next(0)
        if letter is None:
            return None
        self.waiting.done(letter)
        return letter.post

    def deliver_all(self) -> list[Post]:
        """Take all that wait."""
        posts = []
        while (post := self.deliver()) is not None:
            posts.append(post)
        return posts


def settings(*hubs: str, folder: Path | None = None, patience: float = 0.5, **spool: Any) -> NodeSettings:
    """Return a node's settings with short patience."""
    return NodeSettings("Barn", hubs, spool=SpoolSettings(folder, **spool), patience=patience)


@contextmanager
def running_office(
    given: NodeSettings,
    tell_reply: Callable[[str], None] = lambda _: None,
    surroundings: office.Surroundings = office.REAL,
) -> Iterator[Office]:
    """Give an office that is started, and close it without patience."""
    made = Office(given, tell_reply, surroundings)
    made.start()
    try:
        yield made
    finally:
        made.close(0)


def threads_of_an_office() -> list[str]:
    """Return the names of the threads of offices that run."""
    return [thread.name for thread in threading.enumerate() if thread.name in {"delivery", "spool"}]
