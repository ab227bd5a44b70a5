"""A data directory as a hub keeps it, for tests: messages, a store on real files, and what lies there afterwards."""

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from imagehub import journal, wire
from imagehub.eventlog import EventLog
from imagehub.journal import Entry, Journal
from imagehub.recovery import recover
from imagehub.store import Item, Store
from imagehub.wire import Camera, EventMessage, ImageMessage
from requirements_here import require

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
TODAY = "2026-11-21"
DAY_SECONDS = 86_400.0


def sized_image(who: Camera, size: int, text: str) -> ImageMessage:
    """Return an image of so many bytes."""
    return ImageMessage(who, "jpg", text, bytes(size))


def sized_event(who: Camera, size: int, text: str) -> EventMessage:
    """Return an event whose tiny image has so many bytes."""
    return EventMessage(who, text.split("|")[1], text, bytes(size))


def image(rest: str = "jpg|", body: bytes = JPEG, name: str = "Barn P1") -> ImageMessage:
    """Return an image as a node sends it."""
    return ImageMessage(wire.camera(name), "jpg", f"{name}|{rest}", body)


def event(rest: str = "motion|moving", name: str = "Barn P1") -> EventMessage:
    """Return an event as a node sends it."""
    return EventMessage(wire.camera(name), rest.partition("|")[0], f"{name}|{rest}", b"")


@dataclass
class Flusher:
    """A flush that records what it is asked for, fails while `error` is set, and runs `meanwhile` once, if given."""

    error: OSError | None = None
    meanwhile: Callable[[], object] | None = None
    asked: list[list[str]] = field(default_factory=list)

    def __call__(self, files: Iterable[str]) -> None:
        """See `flush.Flush`."""
        self.asked.append(list(files))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        if self.error is not None:
            raise self.error


def open_store(root: Path, clock: Callable[[], datetime], flush: Flusher | None = None) -> Store:
    """Recover a data directory and return its store, as the hub does when it starts."""
    recovered = recover(root, clock())
    lines = Journal(root / "journal", recovered.position)
    if recovered.position is not None:
        lines.commit(recovered.position)
    log = EventLog(root / "logs")
    return Store(root, lines, log, flush, clock, recovered.images_today, recovered.remembered)


def keep(store: Store, *messages: ImageMessage | EventMessage, request: str = "") -> list[Item]:
    """Write the messages as one group, commit it and return the items."""
    items = write(store, *messages, request=request)
    store.commit()
    return items


def write(store: Store, *messages: ImageMessage | EventMessage, request: str = "") -> list[Item]:
    """Write the messages as one group and return the items; each has a request id of its own unless one is given."""
    items = [store.item(request or f"request-{id(message)}-{os.urandom(4).hex()}", message) for message in messages]
    store.write(items)
    return items


def acknowledged(root: Path) -> list[Entry]:
    """Return the entries that whoever follows the journal gets to see."""
    return [entry for entry, _ in journal.read(root / "journal")]


def every_line(root: Path) -> list[Any]:
    """Return every line of the journal, acknowledged or not, in the order of the file names."""
    paths = sorted((root / "journal").glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def tree(root: Path) -> dict[str, bytes]:
    """Return every file under a folder with what is in it."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def pictures(root: Path) -> list[str]:
    """Return the relative paths of all images."""
    return sorted(str(path.relative_to(root)) for path in (root / "images").glob("*/*"))


@contextmanager
def tiny_disk(folder: Path) -> Iterator[Path]:
    """Give a file system of 256 KiB of its own."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True)
    require(done.returncode == 0, "the right to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes: a write is cut there, and the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
