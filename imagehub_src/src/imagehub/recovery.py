"""What a hub does with the data directory before it serves: make journal and files agree after any kind of end.

The journal is what is trusted. Lines behind the committed mark were perhaps never flushed: one whose image is not whole is
made void. A file that no line vouches for is set aside in `recovered/`, never shown and never deleted.
"""

import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from imagehub.eventlog import FOLDER as LOGS
from imagehub.images import FOLDER as IMAGES
from imagehub.images import set_aside
from imagehub.journal import FOLDER as JOURNAL
from imagehub.journal import Entry, Position, checksum, encode, lines, read_mark, read_watermark, segments
from imagehub.store import REMEMBERED_REQUESTS, DayCount

_SMALLEST_VOID = 40


@dataclass(slots=True)
class Recovered:
    """Where the journal ends, what of today is in it, and what was found and mended."""

    position: Position | None = None
    images_today: DayCount = field(default_factory=lambda: DayCount("", 0))
    remembered: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def recover(data_directory: Path, now: datetime, replay: Callable[[Entry], None] = lambda entry: None) -> Recovered:
    """Mend the data directory and return what a store needs to go on.

    Args:
        data_directory: made if it is not there, with its folders.
        now: the local time.
        replay: is given each of today's entries, in order.

    Raises:
        OSError: the directory can't be read or written.
    """
    for name in (IMAGES, LOGS, JOURNAL):
        (data_directory / name).mkdir(parents=True, exist_ok=True)
    return _Recovery(data_directory, f"{now:%Y-%m-%d}", now, replay).run()


class _Recovery:
    def __init__(self, root: Path, today: str, now: datetime, replay: Callable[[Entry], None]) -> None:
        self._root, self._journal, self._today, self._now = root, root / JOURNAL, today, now
        self._replay = replay
        self._watermark = read_watermark(self._journal)
        self._result = Recovered()

    def run(self) -> Recovered:
        if not segments(self._journal):
            self._adopt()
        mark = read_mark(self._journal)
        if mark is None or not mark.clean:
            start = mark.position if mark and (self._journal / mark.position.segment).exists() else None
            self._mend_lines(start)
            self._set_aside_orphans(start.day if start else "")
        self._read_end()
        return self._result

    def _adopt(self) -> None:
        """Take in today's images of an imagehub that kept no journal; older days stay as they are."""
        images = sorted((self._root / IMAGES / self._today).glob("*.jpg"), key=lambda path: path.stat().st_mtime)
        if images:
            data = b"".join(encode(self._adopted(n, path)) for n, path in enumerate(images, 1))
            (self._journal / f"{self._today}.jsonl").write_bytes(data)
            self._found(f"took in {len(images)} images of today that an older hub stored without a journal")

    def _adopted(self, sequence: int, path: Path) -> Entry:
        body = path.read_bytes()
        time = datetime.fromtimestamp(path.stat().st_mtime, self._now.tzinfo)
        node, _, view = path.name[: -len("-YYYY-MM-DDTHH.MM.SS.ffffff.jpg")].partition("-")
        return {
            "sequence": sequence, "time": time.isoformat(timespec="microseconds"), "node": node, "view": view,
            "kind": "image", "type": "jpg", "text": "", "request": "",
            "path": path.relative_to(self._root).as_posix(), "bytes": len(body), "checksum": checksum(body),
        }  # fmt: skip

    def _mend_lines(self, start: Position | None) -> None:
        names = segments(self._journal)
        for name in names[names.index(start.segment) if start else 0 :]:
            self._cut_torn_line(self._journal / name)
            begin = start if start and name == start.segment else Position(name, 0, 0)
            for entry, before, after in _with_bounds(self._journal, begin):
                if not self._is_whole(entry):
                    self._make_void(entry, before, after)

    def _cut_torn_line(self, segment: Path) -> None:
        with segment.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            whole = _end_of_last_line(file.fileno(), size)
            if whole != size:
                file.truncate(whole)
                self._found(f"cut a torn last line of {size - whole} bytes off {segment.name}")

    def _is_whole(self, entry: Entry) -> bool:
        if entry["kind"] != "image" or entry["sequence"] <= self._watermark:
            return entry["kind"] != "damaged"
        try:
            body = (self._root / entry["path"]).read_bytes()
        except OSError:
            return False
        return len(body) == entry["bytes"] and checksum(body) == entry["checksum"]

    def _make_void(self, entry: Entry, before: Position, after: Position) -> None:
        sequence = entry.get("sequence", before.sequence + 1)
        length = after.offset - before.offset
        if length >= _SMALLEST_VOID:
            text = json.dumps({"sequence": sequence, "kind": "void"}, separators=(",", ":"))
            with (self._journal / before.segment).open("r+b") as file:
                file.seek(before.offset)
                file.write(text.ljust(length - 1).encode() + b"\n")
        if (self._root / entry.get("path", "")).is_file():
            set_aside(self._root, entry["path"])
        self._found(f"entry {sequence} in {before.segment} was never acknowledged and its image is not whole: made void")

    def _set_aside_orphans(self, first_day: str) -> None:
        """Look through the days that may hold files without a line; days without a journal are not ours to judge."""
        known_days = {name[:10] for name in segments(self._journal)}
        folders = sorted(path for path in (self._root / IMAGES).iterdir() if path.is_dir())
        for folder in folders:
            if folder.name >= first_day and (folder.name in known_days or folder.name >= self._today):
                self._set_aside_orphans_of(folder)

    def _set_aside_orphans_of(self, folder: Path) -> None:
        vouched = {entry["path"] for entry in self._entries_of(folder.name) if entry["kind"] == "image"}
        for name in sorted(os.listdir(folder)):
            relative = f"{IMAGES}/{folder.name}/{name}"
            if relative not in vouched:
                target = set_aside(self._root, relative)
                self._found(f"{relative} has no journal entry: set aside as {target.relative_to(self._root)}")

    def _entries_of(self, day: str) -> Iterator[Entry]:
        for name in segments(self._journal):
            if name.startswith(day):
                yield from (entry for entry, _ in lines(self._journal, Position(name, 0, 0)))

    def _read_end(self) -> None:
        """Read the last segment and today's ones: where the journal ends, today's tally, the last requests."""
        last = [name for name in segments(self._journal) if (self._journal / name).stat().st_size]
        requests: deque[str] = deque(maxlen=REMEMBERED_REQUESTS)
        count = 0
        for name in last:
            if name != last[-1] and not name.startswith(self._today):
                continue
            for entry, position in lines(self._journal, Position(name, 0, 0)):
                self._result.position = position
                requests.append(entry.get("request", ""))
                if name.startswith(self._today) and entry["kind"] in {"image", "event"}:
                    count += entry["kind"] == "image"
                    self._replay(entry)
        self._result.images_today = DayCount(self._today, count)
        self._result.remembered = [request for request in requests if request]

    def _found(self, text: str) -> None:
        self._result.findings.append(text)


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
