"""Putting accepted messages on disk: write what arrived, then make all of it stable with one flush.

Two threads share a store: one calls `write`, the other `commit`, so that messages are received and written while the
disk flushes what came before them.
"""

import errno
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from imagehub import failpoints, images
from imagehub.errors import NotStoredError
from imagehub.eventlog import EventLog
from imagehub.flush import Flush
from imagehub.journal import Entry, Journal, checksum
from imagehub.wire import EventMessage, ImageMessage

DISK_FULL = "disk full"
DAILY_LIMIT = "daily limit"
DAILY_LIMIT_EVENT = "Max images written. Writing stopped."
REMEMBERED_REQUESTS = 8192
PROBE_NAME = "imagehub.probe"
PROBE_BYTES = 1 << 20

_FULL = {errno.ENOSPC: DISK_FULL, errno.EDQUOT: DISK_FULL, errno.EROFS: f"{DISK_FULL} or read-only"}


def reason_of(error: OSError) -> str:
    """Say in a few words why the disk did not take something."""
    return _FULL.get(error.errno or 0, f"disk error: {error.strerror}")


@dataclass(slots=True)
class Outcome:
    """What became of a request: `fault` is why it was not stored, None while it may be or is."""

    fault: str | None = None


@dataclass(slots=True)
class Item:
    """A message on its way to the disk.

    `message` is None for a request that was stored, or is being stored, already; it shares that one's outcome.
    `ticket` is its owner's, given back with it.
    """

    request: str
    message: ImageMessage | EventMessage | None
    outcome: Outcome
    ticket: Any = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many images were stored on a day (YYYY-MM-DD)."""

    day: str
    images: int


class Store:
    """The data directory: image files, event log and journal, kept so that what is committed is stable."""

    def __init__(
        self,
        data_directory: Path,
        journal: Journal,
        eventlog: EventLog,
        flush: Flush | None,
        clock: Callable[[], datetime],
        images_today: DayCount,
        remembered: Sequence[str] = (),
    ) -> None:
        """Take over a recovered data directory; `flush` None means the kernel's word is enough (`written`)."""
        self.flush = flush
        self.max_images_a_day = 1 << 62
        self._data_directory = data_directory
        self._journal = journal
        self._eventlog = eventlog
        self._clock = clock
        self._count = images_today
        self._outcomes = {request: Outcome() for request in remembered}
        self._uncommitted: list[Item] = []
        self._lock = threading.Lock()
        self._broken = False
        self.fault: str | None = None

    def item(self, request: str, message: ImageMessage | EventMessage, ticket: Any = None) -> Item:
        """Return the item for a request; one that was stored before, or is about to be, is not stored again."""
        known = self._outcomes.get(request)
        if known is not None and known.fault is None:
            return Item(request, None, known, ticket)
        outcome = self._outcomes[request] = Outcome()
        if len(self._outcomes) > REMEMBERED_REQUESTS:
            del self._outcomes[next(iter(self._outcomes))]
        return Item(request, message, outcome, ticket)

    def write(self, items: Sequence[Item]) -> None:
        """Hand the items to the kernel in their order; one that can't be written has a fault afterwards."""
        now = self._clock()
        with self._lock:
            try:
                self._mend()
                entries = [entry for item in items if item.message and (entry := self._write_image(item, now))]
                self._write_lines(entries, now)
            except OSError as error:
                self.fault = reason_of(error)
                self._undo(items, self.fault)
            self._uncommitted += items

    def commit(self) -> list[Item]:
        """Make all that was written stable and return it; what the disk did not confirm has a fault.

        After a flush that failed nothing of what was written meanwhile is trusted either.
        """
        with self._lock:
            items, self._uncommitted = self._uncommitted, []
            position = self._journal.written
        try:
            self._make_stable(items)
            if position != self._journal.committed:
                self._journal.commit(position)
                self.fault = None
        except OSError as error:
            items += self._abandon(reason_of(error))
            for item in items:
                self._give_up(item, reason_of(error))
        return items

    def probe(self) -> bool:
        """After a fault, try whether the disk takes bytes again; clear `fault` and return True if it does.

        It flushes a file of its own: the error of a flush that covers messages must reach `commit` and nobody else.
        """
        path = self._data_directory / PROBE_NAME
        try:
            with path.open("wb") as file:
                file.write(bytes(PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return False
        else:
            self.fault = None
            return True
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def note(self, text: str) -> None:
        """Write a line of the hub's own into the event log, if the disk takes it."""
        with self._lock, suppress(OSError):
            self._eventlog.append(self._clock(), [text])

    def close(self) -> None:
        """Leave the data directory as after a clean stop; all items are committed by the caller."""
        with self._lock:
            self._journal.close()
            self._eventlog.close()
            if self.flush is not None:
                self.flush([])

    def _write_image(self, item: Item, now: datetime) -> Entry | None:
        """Write the item's file, if it has one, and return its journal entry; None if that failed."""
        message = item.message
        assert message is not None
        entry = _entry(message, item.request, now)
        if isinstance(message, EventMessage):
            return entry
        try:
            self._admit_image(now)
            item.path = images.write_new(self._data_directory, message.camera.name, now, message.body)
        except NotStoredError as error:
            item.outcome.fault = str(error)
            return None
        except OSError as error:
            self.fault = item.outcome.fault = reason_of(error)
            return None
        self._count = DayCount(self._count.day, self._count.images + 1)
        return entry | {"path": item.path, "bytes": len(message.body), "checksum": checksum(message.body)}

    def _admit_image(self, now: datetime) -> None:
        day = f"{now:%Y-%m-%d}"
        if day != self._count.day:
            self._count = DayCount(day, 0)
        if self._count.images >= self.max_images_a_day:
            raise NotStoredError(DAILY_LIMIT)

    def _write_lines(self, entries: list[Entry], now: datetime) -> None:
        if not entries:
            return
        texts = [str(entry["text"]) for entry in entries if entry["kind"] == "event"]
        size = self._eventlog.size
        if texts:
            self._eventlog.append(now, texts)
        try:
            self._journal.append(entries, f"{now:%Y-%m-%d}")
        except OSError:
            self._eventlog.rewind(size)
            raise

    def _undo(self, items: Sequence[Item], fault: str) -> None:
        for item in items:
            if item.message is not None and item.outcome.fault is None:
                item.outcome.fault = fault
                self._discard(item)

    def _discard(self, item: Item) -> None:
        if item.path is not None:
            self._count = DayCount(self._count.day, self._count.images - 1)
            with suppress(OSError):
                (self._data_directory / item.path).unlink()
            item.path = None

    def _make_stable(self, items: Sequence[Item]) -> None:
        failpoints.hit("before_flush")
        if self.flush is not None:
            self.flush([f"{self._data_directory}/{item.path}" for item in items if item.path])
        failpoints.hit("after_flush")

    def _abandon(self, fault: str) -> list[Item]:
        """Give up all that isn't committed; return the items written while the flush failed."""
        self.fault = fault
        with self._lock:
            late, self._uncommitted = self._uncommitted, []
            self._broken = True
            with suppress(OSError):
                self._mend()
        return late

    def _give_up(self, item: Item, fault: str) -> None:
        item.outcome.fault = item.outcome.fault or fault
        if item.path is not None:
            with suppress(OSError):
                images.set_aside(self._data_directory, item.path)

    def _mend(self) -> None:
        # Until the lines that were given up are cut off, nothing may follow them in the journal.
        if self._broken:
            self._journal.abandon()
            self._broken = False


def _entry(message: ImageMessage | EventMessage, request: str, now: datetime) -> Entry:
    return {
        "time": now.isoformat(timespec="microseconds"),
        "node": message.camera.node,
        "view": message.camera.view,
        "kind": "image" if isinstance(message, ImageMessage) else "event",
        "type": message.type,
        "text": message.text,
        "request": request,
    }


def set_aside(data_directory: Path, relative: str) -> Path:
    """Move a file that no journal line vouches for into `recovered/`; never overwrite one there."""
    source = data_directory / relative
    folder = data_directory / RECOVERED_FOLDER / source.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    target, part = folder / source.name, 1
    while target.exists():
        part += 1
        target = folder / f"{source.stem}.{part}{source.suffix}"
    os.rename(source, target)
    return target
