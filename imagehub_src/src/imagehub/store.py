"""Putting accepted messages on disk: write what arrived, then make all of it stable with one flush.

Two threads share a store: one calls `write`, the other `commit`, so that messages are received and written
while the disk flushes what came before them.
"""

import errno
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
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
LATE = timedelta(minutes=1)
DAILY_LIMIT_EVENT = "Max images written. Writing stopped."
REMEMBERED_REQUESTS = 8192
PROBE_PATH = f"{images.FOLDER}/.imagehub.probe"
PROBE_BYTES = 1 << 20

_FULL = {errno.ENOSPC: DISK_FULL, errno.EDQUOT: DISK_FULL, errno.EROFS: f"{DISK_FULL} or read-only"}


def reason_of(error: OSError) -> str:
    """Say in a few words why the disk did not take something."""
    return _FULL.get(error.errno or 0, f"disk error: {error.strerror or error}")


@dataclass(slots=True)
class Outcome:
    """What became of a request: `fault` is why it was not stored, None while it may be or is.

    Once `stable`, nothing takes that back.
    """

    fault: str | None = None
    stable: bool = False

    def fail(self, fault: str) -> None:
        """Say why the request was not stored, unless it is or a reason is given already."""
        if not self.stable and self.fault is None:
            self.fault = fault


@dataclass(slots=True)
class Item:
    """A message on its way to the disk.

    `message` is None for a request that is stored, or on its way, already; it shares that one's outcome.
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
    """The data directory: image files, event log and journal, kept so that what is committed is stable.

    `fault` says why the disk did not take something, until `probe` finds that it takes bytes again.
    """

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
        """Take over a recovered data directory; `flush` None: the kernel's word is enough (`written`)."""
        self.flush = flush
        self.max_images_a_day = 1 << 62
        self.fault: str | None = None
        self._data_directory = data_directory
        self._journal = journal
        self._eventlog = eventlog
        self._clock = clock
        # Of every day that this store has seen, because a clock that is set may come back to one.
        self._counts = {images_today.day: images_today.images}
        self._outcomes = {request: Outcome(stable=True) for request in remembered}
        self._uncommitted: list[Item] = []
        self._lock = threading.Lock()
        self._broken = False
        self._failed_flushes = 0
        self._flush_fault = ""

    def item(self, request: str, message: ImageMessage | EventMessage, ticket: Any = None) -> Item:
        """Return the item for a request; one that is stored, or is about to be, is not stored again."""
        known = self._outcomes.get(request)
        if known is not None and known.fault is None:
            return Item(request, None, known, ticket)
        self._outcomes.pop(request, None)  # so that it is the latest, and forgotten last
        outcome = self._outcomes[request] = Outcome()
        if len(self._outcomes) > REMEMBERED_REQUESTS:
            del self._outcomes[next(iter(self._outcomes))]
        return Item(request, message, outcome, ticket)

    def write(self, items: Sequence[Item]) -> None:
        """Hand the items to the kernel in their order; one that can't be written has a fault afterwards."""
        now = self._clock()
        time_text = now.isoformat(timespec="microseconds")
        failed_flushes = self._failed_flushes
        # Without the lock: what was committed must not wait for files to be written before it is acknowledged.
        entries = [entry for item in items for entry in self._write_image(item, now, time_text)]
        with self._lock:
            if self._failed_flushes != failed_flushes:
                self._give_up(items)
            else:
                self._write_lines(items, entries, now)
            self._uncommitted += items

    def commit(self) -> list[Item]:
        """Make all that was written stable and return it; what the disk did not confirm has a fault.

        After a flush that failed nothing of what was written meanwhile is trusted either.
        """
        with self._lock:
            items, self._uncommitted = self._uncommitted, []
            if self._journal.is_committed:
                return items
            position, segments = self._journal.written, self._journal.take_changed()
        try:
            self._make_stable(segments, items)
            with self._lock:
                self._journal.commit(position)
                for item in items:
                    item.outcome.stable = item.outcome.fault is None
        except OSError as error:
            return items + self._abandon(items, reason_of(error))
        return items

    def probe(self) -> bool:
        """After a fault, try whether the disk takes bytes again; clear `fault` and return True if it does.

        It flushes a file of its own: the error of a flush that covers messages must reach `commit` alone.
        """
        path = self._data_directory / PROBE_PATH
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
        """Leave the data directory as after a clean stop; all items are committed by the caller.

        Where the disk does not let it, the next start looks at what was written last as after a crash.
        """
        flush = self.flush
        with self._lock, suppress(OSError):
            self._mend()
            self._journal.close()
            self._eventlog.close()
            if flush is not None:
                flush([])

    def _write_image(self, item: Item, now: datetime, time_text: str) -> list[Entry]:
        """Write the item's file, if it has one, and return its journal entry, in a list that may be empty."""
        message = item.message
        if message is None:
            return []
        entry = _entry(message, item.request, time_text)
        if isinstance(message, EventMessage):
            return [entry]
        try:
            self._admit_image(time_text[:10])
            item.path = images.write_new(self._data_directory, message.camera.name, now, message.body)
        except NotStoredError as error:
            item.outcome.fail(str(error))
            return []
        except OSError as error:
            self.fault = reason_of(error)
            item.outcome.fail(self.fault)
            return []
        with self._lock:
            self._count(item.path, 1)
        return [entry | {"path": item.path, "bytes": len(message.body), "checksum": checksum(message.body)}]

    def _admit_image(self, day: str) -> None:
        if self._counts.get(day, 0) >= self.max_images_a_day:
            raise NotStoredError(DAILY_LIMIT)

    def _count(self, path: str, number: int) -> None:
        day = path.split("/")[1]
        self._counts[day] = self._counts.get(day, 0) + number

    def _write_lines(self, items: Sequence[Item], entries: list[Entry], now: datetime) -> None:
        try:
            self._mend()
            if entries:
                self._append(entries, now)
        except OSError as error:
            self.fault = reason_of(error)
            self._undo(items, self.fault)

    def _append(self, entries: list[Entry], now: datetime) -> None:
        texts = [_logged(entry, now) for entry in entries if entry["kind"] == "event"]
        size = self._eventlog.append(now, texts) if texts else None
        try:
            self._journal.append(entries, f"{now:%Y-%m-%d}")
        except OSError:
            if size is not None:
                self._eventlog.rewind(size)
            raise

    def _undo(self, items: Sequence[Item], fault: str) -> None:
        for item in items:
            if item.message is not None:
                item.outcome.fail(fault)
            if item.path is not None:
                with suppress(OSError):
                    (self._data_directory / item.path).unlink()
                self._count(item.path, -1)
                item.path = None

    def _make_stable(self, segments: list[str], items: Sequence[Item]) -> None:
        flush = self.flush  # a reload may set it meanwhile
        failpoints.hit("before_flush")
        if flush is not None:
            flush([*segments, *(f"{self._data_directory}/{item.path}" for item in items if item.path)])
        failpoints.hit("after_flush")

    def _abandon(self, items: Sequence[Item], fault: str) -> list[Item]:
        """Give up all that isn't committed; return the items that were written while the flush failed."""
        with self._lock:
            late, self._uncommitted = self._uncommitted, []
            self.fault, self._flush_fault, self._broken = fault, fault, True
            self._failed_flushes += 1
            with suppress(OSError):
                self._mend()
            self._give_up([*items, *late])
        return late

    def _give_up(self, items: Sequence[Item]) -> None:
        for item in items:
            item.outcome.fail(self._flush_fault)
            if item.path is not None:
                self._count(item.path, -1)
                with suppress(OSError):
                    images.set_aside(self._data_directory, item.path)
                item.path = None

    def _mend(self) -> None:
        # Until the lines that were given up are cut off, nothing may follow them in the journal.
        if self._broken:
            self._journal.abandon()
            self._broken = False


def _entry(message: ImageMessage | EventMessage, request: str, time_text: str) -> Entry:
    who = message.camera
    entry = {
        "time": time_text,
        "node": who.node,
        "view": who.view,
        "kind": "image" if isinstance(message, ImageMessage) else "event",
        "type": message.type,
        "text": message.text,
        "request": request,
    }
    return entry | {"taken": message.taken} if message.taken else entry


def _logged(entry: Entry, now: datetime) -> str:
    """Return an event's text for the event log, which says so where the event is older than its line."""
    text = str(entry["text"])
    if "taken" not in entry:
        return text
    taken = datetime.fromisoformat(entry["taken"])
    return f"{text} (taken {taken.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S})" if now - taken > LATE else text
