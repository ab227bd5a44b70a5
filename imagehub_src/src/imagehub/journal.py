"""The day journal: one JSON line for each accepted image or event, in the order of acceptance.

`journal/YYYY-MM-DD.jsonl` is a segment. When a segment can't go on (a flush failed, or the clock went back to
a day that has one) the next is `YYYY-MM-DD.2.jsonl`; segments are ordered by the sequence number of their
first line. `journal/committed` tells up to where the journal is acknowledged. Readers stop there, so that
nobody ever acts on a line that a power cut may take back.

A line's keys: `sequence`, `time` (ISO 8601 with UTC offset), `node`, `view`, `kind` (`image` or `event`),
`type`, `text`, `request`; for an image also `path` (relative to the data directory), `bytes` and `checksum`
(`crc32:` and 8 hexadecimal digits). Where the sender said when the picture was taken or the event happened,
and not otherwise, that is `taken`, in the form of `time`; `time` is always that of acceptance. A line of kind
`void` holds the place of one whose image did not survive a power cut; it was never acknowledged.
"""

import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from imagehub.flush import flush_each

Entry = dict[str, Any]

FOLDER = "journal"
MARK_NAME = "committed"
WATERMARK_NAME = "purged"
MARK_BYTES = 128

_SEGMENT = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:\.(?P<part>\d+))?\.jsonl")
_SEQUENCE = re.compile(rb'\{"sequence":(\d+),')
_IMAGE_PATH = re.compile(r"images/\d{4}-\d{2}-\d{2}/[^/]+")
_EVENT_TYPES = dict.fromkeys(("time", "node", "view", "type", "text", "request"), str)
_TYPES: dict[str, Mapping[str, type]] = {
    "event": _EVENT_TYPES,
    "image": _EVENT_TYPES | {"path": str, "bytes": int, "checksum": str},
    "void": {},
}


_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the journal: the bytes of `segment` before `offset`, whose last line has `sequence`."""

    segment: str
    offset: int
    sequence: int

    @property
    def day(self) -> str:
        """The segment's day, YYYY-MM-DD."""
        return self.segment[:10]


NOWHERE = Position("", 0, 0)


@dataclass(frozen=True, slots=True)
class Mark:
    """What `journal/committed` says: up to where all is acknowledged, and whether the hub stopped cleanly."""

    position: Position
    clean: bool


def checksum(body: bytes | memoryview) -> str:
    """Return the checksum of an image's bytes as the journal writes it."""
    return f"crc32:{zlib.crc32(body):08x}"


def encode(entry: Entry) -> bytes:
    """Return an entry as a line of the journal."""
    return _to_json(entry).encode() + b"\n"


def segments(folder: Path) -> list[str]:
    """Return the names of the journal's segments, oldest first; empty ones come last."""
    return [name for _, name in _in_order(folder)]


def _in_order(folder: Path) -> list[tuple[int, str]]:
    names = [path.name for path in folder.glob("*.jsonl") if _SEGMENT.fullmatch(path.name)]
    numbered = [(_first_sequence(folder / name), name) for name in names]
    return sorted(numbered, key=lambda pair: (pair[0], _parts(pair[1])))


def _first_sequence(segment: Path) -> int:
    # Numbers go up by one, so the first three lines vote: one damaged line must not move a whole day.
    with segment.open("rb") as file:
        matches = [(at, _SEQUENCE.match(line)) for at, line in enumerate(islice(file, 3))]
    votes = Counter(int(match[1]) - at for at, match in matches if match)
    return votes.most_common(1)[0][0] if votes else 1 << 62


def _parts(name: str) -> tuple[str, int]:
    match = _SEGMENT.fullmatch(name)
    assert match
    return match["day"], int(match["part"] or 1)


def read_mark(folder: Path) -> Mark | None:
    """Return what the committed mark says, or None where there is none that can be read."""
    try:
        segment, offset, sequence, state = (folder / MARK_NAME).read_text(encoding="ascii").split()
        return Mark(Position(segment, int(offset), int(sequence)), state == "clean")
    except (FileNotFoundError, ValueError):
        return None


def read_watermark(folder: Path) -> int:
    """Return the sequence number up to which images are purged; 0 where nothing ever was."""
    try:
        return int((folder / WATERMARK_NAME).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def write_watermark(folder: Path, sequence: int) -> None:
    """Say that the images up to `sequence` are purged; it is stable when this returns.

    A file that is there is overwritten in place, which needs no space: purging is for full disks.
    """
    path = folder / WATERMARK_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, f"{sequence:<20}\n".encode())
    finally:
        os.close(descriptor)
    flush_each([str(path)])


def read(folder: Path, after: Position | None = None) -> Iterator[tuple[Entry, Position]]:
    """Yield the acknowledged entries after a position (None: all), each with the position behind it.

    Whoever follows the journal keeps the last position and calls again. A line that isn't an entry is yielded
    as one of kind `damaged`, so that one flipped bit hides one entry only.
    """
    mark = read_mark(folder)
    if mark is None:
        return
    for name in _between(folder, after, mark.position):
        start = after if after is not None and after.segment == name else Position(name, 0, 0)
        end = mark.position.offset if name == mark.position.segment else None
        yield from lines(folder, start, end)


def _between(folder: Path, after: Position | None, last: Position) -> list[str]:
    """Return the segments that hold the lines after one position and up to another."""
    if after is not None and after.segment == last.segment and (folder / last.segment).exists():
        return [last.segment]  # what followers ask most of the time is answered without a look at the others
    numbered = [(first, name) for first, name in _in_order(folder) if first <= last.sequence]
    names = [name for _, name in numbered]
    if after is None:
        return names
    if after.segment in names:
        return names[names.index(after.segment) :]
    return [name for first, name in numbered if first > after.sequence]


def beyond_mark(folder: Path) -> list[Position]:
    """Return where, in which segments, lines may stand that were never acknowledged.

    Where the mark is lost that is in the last two segments that hold anything, as one flush covers no more.
    """
    mark, numbered = read_mark(folder), _in_order(folder)
    names = [name for _, name in numbered]
    if mark is not None and mark.position.segment in names:
        behind = names[names.index(mark.position.segment) + 1 :]
        return [mark.position, *(Position(name, 0, 0) for name in behind)]
    return [Position(name, 0, 0) for name in names if (folder / name).stat().st_size][-2:]


def lines(folder: Path, start: Position, end: int | None = None) -> Iterator[tuple[Entry, Position]]:
    """Yield the whole lines of one segment from `start` to the byte offset `end` (None: to its end)."""
    position = start
    with (folder / start.segment).open("rb") as file:
        file.seek(start.offset)
        for line in file:
            offset = position.offset + len(line)
            if not line.endswith(b"\n") or (end is not None and offset > end):
                return
            entry = _decode(line)
            sequence = max(position.sequence, entry.get("sequence", 0))
            position = replace(position, offset=offset, sequence=sequence)
            yield entry, position


def _decode(line: bytes) -> Entry:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {"kind": "damaged"}
    return entry if isinstance(entry, dict) and _is_whole(entry) else {"kind": "damaged"}


def _is_whole(entry: Entry) -> bool:
    """Tell whether an entry has what its kind promises, so that whoever reads it need not ask."""
    types = _TYPES.get(str(entry.get("kind")))
    if types is None or type(entry.get("sequence")) is not int:
        return False
    if any(type(entry.get(key)) is not kind for key, kind in types.items()):
        return False
    if type(entry.get("taken", "")) is not str:
        return False
    return entry["kind"] != "image" or _IMAGE_PATH.fullmatch(entry["path"]) is not None


class Journal:
    """The writing end. One process at a time has it (see `lock.DataDirectoryLock`).

    One thread appends. Another may commit, if the two take care that their calls don't overlap.
    """

    def __init__(self, folder: Path, position: Position | None) -> None:
        """Go on after `position`, which is the journal's end; None begins a new journal."""
        self._folder = folder
        self._written = self._committed = position or NOWHERE
        self._name = self._written.segment
        self._segment: int | None = None
        self._mark: int | None = None
        self._tainted = False
        self._torn = False  # a write failed, and perhaps its undoing too
        self._begun: list[str] = []
        self._changed: set[str] = set()

    @property
    def written(self) -> Position:
        """The position behind the last line written."""
        return self._written

    @property
    def committed(self) -> Position:
        """The position behind the last line that is acknowledged."""
        return self._committed

    @property
    def is_committed(self) -> bool:
        """True when no line waits for its commit."""
        return _place(self._written) == _place(self._committed)

    def take_changed(self) -> list[str]:
        """Return the paths of the segments that were changed since the last call, for a flush."""
        changed, self._changed = self._changed, set()
        return [f"{self._folder}/{name}" for name in sorted(changed)]

    def append(self, entries: list[Entry], day: str) -> None:
        """Write a line for each entry, with a number under `sequence`; raise OSError with nothing written."""
        self._cut_leftover()
        descriptor = self._open(day)
        start = self._end_of_segment
        numbered = enumerate(entries, self._written.sequence + 1)
        block = b"".join([encode({"sequence": sequence, **entry}) for sequence, entry in numbered])
        self._torn = True
        write_whole(descriptor, block, start)
        self._torn = False
        self._changed.add(self._name)
        self._written = Position(self._name, start + len(block), self._written.sequence + len(entries))

    def commit(self, position: Position) -> None:
        """Tell readers that all before `position` is acknowledged."""
        self._write_mark(position, "running")
        self._committed = position
        if position.segment in self._begun:
            del self._begun[: self._begun.index(position.segment) + 1]

    def abandon(self) -> None:
        """Give up what isn't committed, after a flush failed, and go on in a new segment.

        The kernel may have marked pages clean that never reached the disk, so this file can't be trusted to
        take more. Sequence numbers go on; those given up stay unused.
        Raises OSError when the lines can't be cut off; then nothing may be appended until a call has done it.
        """
        self._tainted = True
        self._written = replace(self._committed, sequence=self._written.sequence)
        for name in self._begun:
            self._truncate(name, 0)
        if self._committed.segment:
            self._truncate(self._committed.segment, self._committed.offset)
        self._begun.clear()

    def close(self) -> None:
        """Say that the hub stopped cleanly; what was written is committed and flushed by the caller."""
        if self._committed.segment:
            self._write_mark(self._committed, "clean")
        self._close_segment()
        if self._mark is not None:
            os.close(self._mark)
            self._mark = None

    @property
    def _end_of_segment(self) -> int:
        return self._written.offset if self._name == self._written.segment else 0

    def _cut_leftover(self) -> None:
        if self._torn and self._segment is not None:
            os.ftruncate(self._segment, self._end_of_segment)
            self._torn = False

    def _open(self, day: str) -> int:
        if self._tainted or self._name[:10] != day:
            self._close_segment()
            name = self._unused_name(day)
            self._segment = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
            self._begun.append(name)
            self._name, self._tainted = name, False
        elif self._segment is None:
            self._segment = os.open(self._folder / self._name, os.O_WRONLY | os.O_APPEND)
        return self._segment

    def _close_segment(self) -> None:
        if self._segment is not None:
            os.close(self._segment)
            self._segment = None

    def _unused_name(self, day: str) -> str:
        name, part = f"{day}.jsonl", 1
        while (self._folder / name).exists():
            part += 1
            name = f"{day}.{part}.jsonl"
        return name

    def _truncate(self, name: str, size: int) -> None:
        os.truncate(self._folder / name, size)
        self._changed.add(name)

    def _write_mark(self, position: Position, state: str) -> None:
        if self._mark is None:
            self._mark = os.open(self._folder / MARK_NAME, os.O_WRONLY | os.O_CREAT, 0o644)
        text = f"{position.segment or '-'} {position.offset} {position.sequence} {state}"
        _overwrite(self._mark, text.ljust(MARK_BYTES - 1).encode() + b"\n")


def _place(position: Position) -> tuple[str, int]:
    return position.segment, position.offset


def _overwrite(descriptor: int, block: bytes) -> None:
    if hasattr(os, "pwrite"):
        os.pwrite(descriptor, block, 0)
    else:  # Windows
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, block)


def write_whole(descriptor: int, block: bytes, size: int) -> None:
    """Append a block to a file that has `size` bytes; raise OSError with the file as it was."""
    view = memoryview(block)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise
