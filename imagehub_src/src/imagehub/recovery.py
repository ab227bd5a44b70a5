"""What a hub does with the data directory before it serves: make journal and files agree after any kind of
end.

The journal is what is trusted. Lines behind the committed mark were perhaps never flushed: one whose image is
not whole is made void. A file that no line vouches for is set aside in `recovered/`, never shown and never
deleted. Every step leaves a directory that the next recovery understands, so it may be interrupted anywhere.
"""

import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from imagehub import commands, images
from imagehub.deleted import Ledger
from imagehub.errors import RefusedError
from imagehub.eventlog import FOLDER as LOGS
from imagehub.images import FOLDER as IMAGES
from imagehub.journal import (
    FOLDER,
    NOWHERE,
    WATERMARK_NAME,
    Entry,
    Mark,
    Position,
    beyond_mark,
    checksum,
    encode,
    lines,
    read_mark,
    read_watermark,
    segments,
    write_watermark,
)
from imagehub.store import REMEMBERED_REQUESTS, DayCount


@dataclass(slots=True)
class Recovered:
    """Where the journal ends, what of today is in it, and what was found and mended.

    `unflushed` names files that may never have been flushed: they are to be, before `position` is committed.
    """

    position: Position | None = None
    images_today: DayCount = field(default_factory=lambda: DayCount("", 0))
    remembered: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    unflushed: list[str] = field(default_factory=list)


def recover(data_directory: Path, now: datetime, replay: Callable[[Entry], None] = lambda entry: None) -> Recovered:
    """Mend the data directory and return what a store needs to go on.

    Args:
        data_directory: made if it is not there, with its folders.
        now: the local time.
        replay: is given each of today's entries, in order.

    Raises:
        OSError: the directory can't be read or written.
    """
    for name in (IMAGES, LOGS, FOLDER):
        (data_directory / name).mkdir(parents=True, exist_ok=True)
    commands.tidy(data_directory)
    return _Recovery(data_directory, now, replay).run()


class _Recovery:
    def __init__(self, root: Path, now: datetime, replay: Callable[[Entry], None]) -> None:
        self._root, self._journal, self._now = root, root / FOLDER, now
        self._today = f"{now:%Y-%m-%d}"
        self._replay = replay
        self._watermark = read_watermark(self._journal)
        self._ledger = Ledger(root)
        self._result = Recovered()

    def run(self) -> Recovered:
        self._make_room_for_watermark()
        if not segments(self._journal):
            self._adopt()
        mark = read_mark(self._journal)
        if mark is None or not self._stopped_cleanly(mark):
            self._mend_lines(beyond_mark(self._journal))
            self._set_aside_orphans()
        self._read_end(mark.position.sequence if mark else 0)
        return self._result

    def _make_room_for_watermark(self) -> None:
        # A purge is wanted most when the disk is full, and can't begin a file then.
        path = self._journal / WATERMARK_NAME
        if not (path.exists() and path.stat().st_size):
            with suppress(OSError):
                write_watermark(self._journal, 0)

    def _adopt(self) -> None:
        """Take in today's images of an imagehub that kept no journal; older days stay as they are."""
        jpegs = (self._root / IMAGES / self._today).glob("*.jpg")
        found = [path for path in jpegs if path.is_file() and path.name.isprintable()]
        if found:
            entries = sorted(map(self._adopted, found), key=lambda entry: (entry["time"], entry["path"]))
            numbered = enumerate(entries, self._watermark + 1)
            data = b"".join([encode({"sequence": number, **entry}) for number, entry in numbered])
            _write_at_once(self._journal / f"{self._today}.jsonl", data)
            self._found(f"took in {len(found)} images of today that an older hub stored without a journal")

    def _adopted(self, path: Path) -> Entry:
        body = path.read_bytes()
        told = images.read_name(path.name)
        stem, time = told or (path.stem, datetime.fromtimestamp(path.stat().st_mtime, self._now.tzinfo))
        node, _, view = stem.partition("-")
        return {
            "time": time.replace(tzinfo=self._now.tzinfo).isoformat(timespec="microseconds"),
            "node": node, "view": view, "kind": "image", "type": "jpg", "text": "", "request": "",
            "path": f"{IMAGES}/{self._today}/{path.name}", "bytes": len(body), "checksum": checksum(body),
        }  # fmt: skip

    def _stopped_cleanly(self, mark: Mark) -> bool:
        """Tell whether the mark says so and nothing lies behind it, nor is missing before it."""
        filled = self._filled_segments()
        if not (mark.clean and filled and filled[-1] == mark.position.segment):
            return False
        return (self._journal / filled[-1]).stat().st_size == mark.position.offset

    def _mend_lines(self, starts: list[Position]) -> None:
        for start in starts:
            self._cut_torn_line(self._journal / start.segment)
            self._result.unflushed.append(str(self._journal / start.segment))
            for entry, before, after in _with_bounds(self._journal, start):
                if not self._is_whole(entry):
                    self._make_void(entry, before, after)
                elif entry["kind"] == "image" and not self._went(entry):
                    self._result.unflushed.append(str(self._root / entry["path"]))

    def _cut_torn_line(self, segment: Path) -> None:
        with segment.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            whole = _end_of_last_line(file.fileno(), size)
            if whole != size:
                file.truncate(whole)
                self._found(f"cut a torn last line of {size - whole} bytes off {segment.name}")

    def _is_whole(self, entry: Entry) -> bool:
        if entry["kind"] != "image" or self._went(entry):
            return bool(entry["kind"] != "damaged")
        try:
            body = (self._root / entry["path"]).read_bytes()
        except OSError:
            return False
        return bool(len(body) == entry["bytes"] and checksum(body) == entry["checksum"])

    def _went(self, entry: Entry) -> bool:
        """Tell whether an image was purged or deleted on purpose."""
        return entry["sequence"] <= self._watermark or entry["path"] in self._ledger

    def _make_void(self, entry: Entry, before: Position, after: Position) -> None:
        sequence = entry.get("sequence", before.sequence + 1)
        text = json.dumps({"sequence": sequence, "kind": "void"}, separators=(",", ":"))
        length = after.offset - before.offset
        if len(text) < length:
            with (self._journal / before.segment).open("r+b") as file:
                file.seek(before.offset)
                file.write(text.ljust(length - 1).encode() + b"\n")
        self._found(f"entry {sequence} in {before.segment} is not whole, nor acknowledged as far as known: made void")
        path = entry.get("path")
        if path is not None and os.path.lexists(self._root / path):
            self._set_aside(path)

    def _set_aside_orphans(self) -> None:
        """Look for files without a line in the days since the mark; days without a journal are not ours."""
        known_days = {name[:10] for name in segments(self._journal)} | {self._today}
        since = min((start.day for start in beyond_mark(self._journal)), default=self._today)
        for day in sorted(known_days):
            folder = self._root / IMAGES / day
            if (day >= since or day == self._today) and folder.is_dir():
                self._set_aside_orphans_of(folder)

    def _set_aside_orphans_of(self, folder: Path) -> None:
        vouched = {entry["path"] for entry in self._entries_of(folder.name) if entry["kind"] == "image"}
        for name in sorted(os.listdir(folder)):
            relative = f"{IMAGES}/{folder.name}/{name}"
            if relative not in vouched:
                self._set_aside(relative)

    def _set_aside(self, relative: str) -> None:
        try:
            target = images.set_aside(self._root, relative)
        except OSError as error:
            self._found(f"no journal entry vouches for {relative}, but it can't be set aside: {error.strerror}")
        else:
            self._found(f"no journal entry vouches for {relative}: set aside as {target.relative_to(self._root)}")

    def _entries_of(self, day: str) -> Iterator[Entry]:
        for name in segments(self._journal):
            if name.startswith(day):
                yield from (entry for entry, _ in lines(self._journal, Position(name, 0, 0)))

    def _filled_segments(self) -> list[str]:
        return [name for name in segments(self._journal) if (self._journal / name).stat().st_size]

    def _read_end(self, sequence: int) -> None:
        """Read the last segments and today's: where the journal ends, today's tally, the latest requests.

        Numbers go on above all that were given, even where segments are lost: no new image counts as purged.
        """
        filled = self._filled_segments()
        position = replace(NOWHERE, sequence=max(sequence, self._watermark))
        requests: deque[str] = deque(maxlen=REMEMBERED_REQUESTS)
        images_today = 0
        for name in filled:
            if name not in filled[-2:] and not name.startswith(self._today):
                continue
            for entry, behind in lines(self._journal, Position(name, 0, position.sequence)):
                position = behind
                requests.append(entry.get("request", ""))
                if name.startswith(self._today):
                    images_today += entry["kind"] == "image"
                    self._tell(entry)
        self._result.position = position if position.sequence else None
        self._result.images_today = DayCount(self._today, images_today)
        self._result.remembered = [request for request in requests if request]

    def _tell(self, entry: Entry) -> None:
        # A flipped bit in a name or a time must not keep the hub from starting.
        if entry["kind"] in {"image", "event"}:
            with suppress(ValueError, RefusedError):
                self._replay(entry)

    def _found(self, text: str) -> None:
        self._result.findings.append(images.printable(text))


def _write_at_once(path: Path, data: bytes) -> None:
    """Write a file that is there with all of its data or not at all, whatever happens."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _with_bounds(journal: Path, start: Position) -> Iterator[tuple[Entry, Position, Position]]:
    before = start
    for entry, after in lines(journal, start):
        yield entry, before, after
        before = after


def _end_of_last_line(descriptor: int, size: int) -> int:
    """Return the offset behind the last newline of a file."""
    end = size
    while end:
        start = max(0, end - 65536)
        os.lseek(descriptor, start, os.SEEK_SET)
        newline = os.read(descriptor, end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
