"""The day journal: one JSON line for each accepted image or event, in the order of acceptance.

`journal/YYYY-MM-DD.jsonl` is a segment. When a segment can't go on (a flush failed, or the clock went back to a day
that has one) the next is `YYYY-MM-DD.2.jsonl`; segments are ordered by the sequence number of their first line.
`journal/committed` tells up to where the journal is acknowledged. Readers stop there, so that nobody
ever acts on a line that a power cut may take back.

A line's keys: `sequence`, `time` (ISO 8601 with UTC offset), `node`, `view`, `kind` (`image` or `event`), `type`,
`text`, `request`; for an image also `path` (relative to the data directory), `bytes` and `checksum`
(`crc32:` and 8 hexadecimal digits). A line of kind `void` holds the place of one whose image did not survive
a power cut; it was never acknowledged.
"""

import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Entry = dict[str, Any]

FOLDER = "journal"
MARK_NAME = "committed"
WATERMARK_NAME = "purged"
MARK_BYTES = 128

_SEGMENT = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:\.(?P<part>\d+))?\.jsonl")
_FIRST_SEQUENCE = re.compile(rb'\{"sequence":(\d+),')


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
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def segments(folder: Path) -> list[str]:
    """Return the names of the journal's segments, oldest first; empty ones come last."""
    names = [path.name for path in folder.glob("*.jsonl") if _SEGMENT.fullmatch(path.name)]
    return sorted(names, key=lambda name: (_first_sequence(folder / name), _parts(name)))


def _first_sequence(segment: Path) -> int:
    with segment.open("rb") as file:
        match = _FIRST_SEQUENCE.match(file.read(40))
    return int(match[1]) if match else 1 << 62


def _parts(name: str) -> tuple[str, int]:
    match = _SEGMENT.fullmatch(name)
    assert match
    return match["day"], int(match["part"] or 1)


def read_mark(folder: Path) -> Mark | None:
    """Return what the committed mark says, or None where there is none that can be read."""
    try:
        words = (folder / MARK_NAME).read_text(encoding="ascii").split()
        return Mark(Position(words[0], int(words[1]), int(words[2])), words[3:] == ["clean"])
    except (FileNotFoundError, UnicodeDecodeError, IndexError, ValueError):
        return None


def read_watermark(folder: Path) -> int:
    """Return the sequence number up to which images are purged; 0 where nothing ever was."""
    try:
        return int((folder / WATERMARK_NAME).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def write_watermark(folder: Path, sequence: int) -> None:
    """Say that the images up to `sequence` are purged; it is stable when this returns."""
    fresh = folder / f"{WATERMARK_NAME}.new"
    with fresh.open("w", encoding="ascii") as file:
        file.write(f"{sequence}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / WATERMARK_NAME)
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def read(folder: Path, after: Position | None = None) -> Iterator[tuple[Entry, Position]]:
    """Yield the acknowledged entries after a position (None: from the beginning), each with the position behind it.

    Whoever follows the journal keeps the last position and calls again. A line that isn't JSON is yielded as an
    entry of kind `damaged`, so that one flipped bit hides one entry only.
    """
    mark = read_mark(folder)
    if mark is None:
        return
    names = segments(folder)
    if mark.position.segment in names:
        names = names[: names.index(mark.position.segment) + 1]
    if after is not None and after.segment in names:
        names = names[names.index(after.segment) :]
    for name in names:
        start = after if after is not None and after.segment == name else Position(name, 0, 0)
        end = mark.position.offset if name == mark.position.segment else None
        yield from lines(folder, start, end)


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
            position = replace(position, offset=offset, sequence=entry.get("sequence", position.sequence))
            yield entry, position


def _decode(line: bytes) -> Entry:
    try:
        entry = json.loads(line)
    except ValueError:
        return {"kind": "damaged"}
    return entry if isinstance(entry, dict) and isinstance(entry.get("sequence"), int) else {"kind": "damaged"}


class Journal:
    """The writing end. One process at a time has it (see `lock.DataDirectoryLock`)."""

    def __init__(self, folder: Path, position: Position | None) -> None:
        """Go on after `position`, which is the journal's end; None begins a new journal."""
        self._folder = folder
        self._written = position or Position("", 0, 0)
        self._committed = self._written
        self._segment: int | None = None
        self._mark: int | None = None
        self._tainted = False
        self._begun: list[str] = []

    @property
    def written(self) -> Position:
        """The position behind the last line written."""
        return self._written

    @property
    def committed(self) -> Position:
        """The position behind the last line that is acknowledged."""
        return self._committed

    def append(self, entries: list[Entry], day: str) -> None:
        """Write lines for the entries, numbering them under `sequence`; raise OSError with nothing written."""
        self._choose_segment(day)
        start = self._written
        numbered = enumerate(entries, start.sequence + 1)
        block = b"".join([encode({"sequence": sequence, **entry}) for sequence, entry in numbered])
        descriptor = self._open_segment()
        try:
            write_whole(descriptor, block, start.offset)
        except OSError:
            self._tainted = os.fstat(descriptor).st_size != start.offset
            raise
        self._written = Position(start.segment, start.offset + len(block), start.sequence + len(entries))

    def commit(self, position: Position) -> None:
        """Tell readers that all before `position` is acknowledged."""
        self._write_mark(position, "running")
        self._committed = position
        if position.segment == self._written.segment:
            self._begun.clear()

    def abandon(self) -> None:
        """Give up what isn't committed, after a flush failed, and go on in a new segment.

        The kernel may have marked pages clean that never reached the disk, so this file can't be trusted to take
        more. Sequence numbers go on; those given up stay unused.
        """
        self._tainted = True
        for name in self._begun:
            os.truncate(self._folder / name, 0)
        if self._committed.segment:
            os.truncate(self._folder / self._committed.segment, self._committed.offset)

    def close(self) -> None:
        """Say that the hub stopped cleanly; what was written is committed and flushed by the caller."""
        if self._committed.segment:
            self._write_mark(self._committed, "clean")
        for descriptor in filter(None, (self._segment, self._mark)):
            os.close(descriptor)
        self._segment = self._mark = None

    def _choose_segment(self, day: str) -> None:
        if self._tainted or self._written.day != day:
            if self._segment is not None:
                os.close(self._segment)
                self._segment = None
            self._written = Position(self._unused_name(day), 0, self._written.sequence)
            self._tainted = False

    def _unused_name(self, day: str) -> str:
        name, part = f"{day}.jsonl", 1
        while (self._folder / name).exists():
            part += 1
            name = f"{day}.{part}.jsonl"
        return name

    def _open_segment(self) -> int:
        if self._segment is None:
            path = self._folder / self._written.segment
            self._segment = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            if self._written.offset == 0:
                self._begun.append(self._written.segment)
        return self._segment

    def _write_mark(self, position: Position, state: str) -> None:
        if self._mark is None:
            self._mark = os.open(self._folder / MARK_NAME, os.O_WRONLY | os.O_CREAT, 0o644)
        text = f"{position.segment} {position.offset} {position.sequence} {state}"
        os.lseek(self._mark, 0, os.SEEK_SET)
        os.write(self._mark, text.ljust(MARK_BYTES - 1).encode() + b"\n")


def write_whole(descriptor: int, block: bytes, size_before: int) -> None:
    """Append a block to a file of `size_before` bytes; raise OSError with the file as it was."""
    view = memoryview(block)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        os.ftruncate(descriptor, size_before)
        raise
