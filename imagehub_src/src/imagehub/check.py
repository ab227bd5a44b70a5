"""`imagehub check`: compare journal, files and checksums, and name every difference. Changes nothing."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from imagehub import commands
from imagehub.deleted import Ledger
from imagehub.errors import DataDirectoryError
from imagehub.images import FOLDER as IMAGES
from imagehub.images import RECOVERED_FOLDER, printable
from imagehub.journal import (
    FOLDER,
    MARK_NAME,
    Entry,
    Position,
    beyond_mark,
    checksum,
    lines,
    read,
    read_mark,
    read_watermark,
    segments,
)
from imagehub.terminal.progress import Progress

# A running hub may have written files whose journal line comes a moment later.
SETTLE_SECONDS = 5.0
SETTLE_STEP_SECONDS = 0.1

PURGED = "purged, but still there; run imagehub purge again"
DELETED = "deleted, but still there; run imagehub-librarian retention"


@dataclass(slots=True)
class Report:
    """What a check found: `differences` holds one line for each."""

    images: int = 0
    events: int = 0
    bytes: int = 0
    purged: int = 0
    deleted: int = 0
    unjournaled_days: int = 0
    recovered: int = 0
    commands: int = 0
    differences: list[str] = field(default_factory=list)


def run(data_directory: Path) -> int:
    """Check, print what was found, and return 0 when all agrees, else 1.

    Raises:
        DataDirectoryError: there is no data, or it can't be read.
    """
    try:
        total = sum(len(_names(folder)) for folder in _journaled(data_directory))
        with Progress(total, "checked", stream=sys.stderr) as bar:
            report = check(data_directory, bar)
    except FileNotFoundError as error:
        raise DataDirectoryError(f"no hub's data in {data_directory}: give its settings with --path") from error
    except PermissionError as error:
        raise DataDirectoryError(f"can't read {error.filename}: check as the user that the hub runs as") from error
    for difference in report.differences:
        print(printable(difference))
    print(_summary(report))
    return 1 if report.differences else 0


def check(data_directory: Path, bar: Progress | None = None, pause: Callable[[float], None] = time.sleep) -> Report:
    """Compare every acknowledged entry with its file, and every file with the entries.

    A hub or a purge may run meanwhile. `pause` is called with seconds to wait for a running hub.
    """
    return _Check(data_directory, bar, pause).run()


class _Check:
    def __init__(self, root: Path, bar: Progress | None, pause: Callable[[float], None]) -> None:
        self._root, self._journal = root, root / FOLDER
        self._bar, self._pause = bar, pause
        self._ledger = Ledger(root)
        self._report = Report()
        self._end: Position | None = None

    def run(self) -> Report:
        report = self._report
        # The files first: what is stored later has an entry later.
        unclaimed = set(self._files())
        self._check_mark()
        left_behind = self._check_entries(unclaimed)
        for path in sorted(self._settle(unclaimed)):
            self._differ(path, "no journal entry")
        for path in filter(self._has, left_behind):
            self._differ(path, left_behind[path])
        for path in commands.damaged(self._root):
            self._differ(path, "no command can be read from it; delete it and queue the command again")
        report.commands = len(commands.listed(self._root))
        report.unjournaled_days = len(_day_folders(self._root)) - len(_journaled(self._root))
        report.recovered = sum(len(files) for _, _, files in os.walk(self._root / RECOVERED_FOLDER))
        return report

    def _files(self) -> Iterator[str]:
        for folder in _journaled(self._root):
            yield from (f"{IMAGES}/{folder.name}/{name}" for name in _names(folder))

    def _check_mark(self) -> None:
        mark = read_mark(self._journal)
        if mark is None:
            if segments(self._journal) and not any(map(self._is_fresh, self._segment_paths())):
                self._differ(f"{FOLDER}/{MARK_NAME}", "missing or damaged; the next start of the hub writes it anew")
            return
        path, offset = f"{FOLDER}/{mark.position.segment}", mark.position.offset
        size = (self._root / path).stat().st_size if self._has(path) else 0
        if size < offset:
            self._differ(path, f"{size} bytes, {FOLDER}/{MARK_NAME} says {offset}")

    def _segment_paths(self) -> Iterator[str]:
        return (f"{FOLDER}/{name}" for name in segments(self._journal))

    def _check_entries(self, unclaimed: set[str]) -> dict[str, str]:
        """Check each entry, take its file out of `unclaimed`; return the files that should be gone, and why."""
        watermark = read_watermark(self._journal)
        left_behind = {}
        for entry, at in read(self._journal):
            self._end = at
            unclaimed.discard(entry.get("path", ""))
            if entry["kind"] == "damaged":
                self._differ(f"{FOLDER}/{at.segment}", f"the line that ends at byte {at.offset} is damaged")
            elif entry["kind"] == "event":
                self._report.events += 1
            elif entry["kind"] == "image" and (reason := self._check_image(entry, watermark)):
                left_behind[str(entry["path"])] = reason
        return left_behind

    def _check_image(self, entry: Entry, watermark: int) -> str | None:
        """Compare an image with its entry; return what to say if it should be gone and is there."""
        if self._bar is not None:
            self._bar.advance(1)
        if self._went(entry, watermark):
            purged = entry["sequence"] <= watermark
            return (PURGED if purged else DELETED) if self._has(entry["path"]) else None
        try:
            body = (self._root / entry["path"]).read_bytes()
        except OSError as error:
            self._note_unreadable(entry, error)
        else:
            self._compare(entry, body)
        return None

    def _went(self, entry: Entry, watermark: int) -> bool:
        """Tell whether an image went on purpose, and count it then."""
        purged, deleted = entry["sequence"] <= watermark, entry["path"] in self._ledger
        self._report.purged += purged
        self._report.deleted += deleted and not purged
        return purged or deleted

    def _note_unreadable(self, entry: Entry, error: OSError) -> None:
        if self._went(entry, read_watermark(self._journal)):  # a purge or a librarian is at work
            return
        self._report.images += 1
        self._differ(entry["path"], f"{error.strerror}, but entry {entry['sequence']} says it is stored")

    def _compare(self, entry: Entry, body: bytes) -> None:
        self._report.images += 1
        self._report.bytes += entry["bytes"]
        if len(body) != entry["bytes"]:
            self._differ(entry["path"], f"{len(body)} bytes, the journal says {entry['bytes']}")
        elif checksum(body) != entry["checksum"]:
            self._differ(entry["path"], f"{checksum(body)}, the journal says {entry['checksum']}")

    def _settle(self, unclaimed: set[str]) -> set[str]:
        """Follow the journal for a moment and return the files that no line came for, acknowledged or not."""
        for _ in range(round(SETTLE_SECONDS / SETTLE_STEP_SECONDS)):
            starts = beyond_mark(self._journal)
            for entry, at in read(self._journal, self._end):
                self._end = at
                unclaimed.discard(entry.get("path", ""))
            # What waits for its flush is no difference: the hub, or the next start of one, looks after it.
            for start in starts:
                unclaimed -= {entry.get("path", "") for entry, _ in lines(self._journal, start)}
            if not any(map(self._is_fresh, unclaimed)):
                break
            self._pause(SETTLE_STEP_SECONDS)
        return set(filter(self._has, unclaimed))

    def _has(self, path: str) -> bool:
        return os.path.lexists(self._root / path)

    def _is_fresh(self, path: str) -> bool:
        try:
            return abs(time.time() - (self._root / path).stat().st_mtime) < SETTLE_SECONDS
        except OSError:
            return False

    def _differ(self, path: str, text: str) -> None:
        self._report.differences.append(f"{path}: {text}")


def _day_folders(root: Path) -> list[Path]:
    return sorted(path for path in (root / IMAGES).iterdir() if path.is_dir())


def _journaled(root: Path) -> list[Path]:
    """Return the folders of days that have a journal; the others were filled by a hub that kept none."""
    days = {name[:10] for name in segments(root / FOLDER)}
    return [folder for folder in _day_folders(root) if folder.name in days]


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:  # a purge is running
        return []


def _summary(report: Report) -> str:
    parts = [
        f"{report.images} images ({report.bytes} bytes) and {report.events} events in the journal",
        f"{report.purged} purged" if report.purged else "",
        f"{report.deleted} deleted" if report.deleted else "",
        f"{report.unjournaled_days} days from before there was a journal" if report.unjournaled_days else "",
        f"{report.recovered} files in {RECOVERED_FOLDER}/" if report.recovered else "",
        f"{report.commands} commands waiting" if report.commands else "",
        f"{len(report.differences)} differences" if report.differences else "all agree",
    ]
    return ", ".join(filter(None, parts))
