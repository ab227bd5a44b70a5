"""`imagehub check`: compare journal, files and checksums, and name every difference. Changes nothing."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from imagehub.errors import DataDirectoryError
from imagehub.images import FOLDER as IMAGES
from imagehub.images import RECOVERED_FOLDER
from imagehub.journal import FOLDER as JOURNAL
from imagehub.journal import Entry, Position, checksum, read, read_mark, read_watermark, segments
from imagehub.progress import Progress

# A running hub may have written files whose journal line comes a moment later.
SETTLE_SECONDS = 5.0
SETTLE_STEP_SECONDS = 0.1


@dataclass(slots=True)
class Report:
    """What a check found: `differences` holds one line for each."""

    images: int = 0
    events: int = 0
    bytes: int = 0
    purged: int = 0
    unjournaled_days: int = 0
    recovered: int = 0
    differences: list[str] = field(default_factory=list)


def run(data_directory: Path) -> int:
    """Check, print what was found, and return 0 when all agrees, else 1."""
    if not (data_directory / IMAGES).is_dir():
        raise DataDirectoryError(f"no hub's data in {data_directory}: give its settings with --path")
    total = sum(len(os.listdir(folder)) for folder in _day_folders(data_directory))
    with Progress(total, "checked", stream=sys.stderr) as bar:
        report = check(data_directory, bar)
    for difference in report.differences:
        print(difference)
    print(_summary(report))
    return 1 if report.differences else 0


def check(data_directory: Path, bar: Progress | None = None) -> Report:
    """Compare every acknowledged entry with its file, and every file with the entries."""
    report = Report()
    present = set(_files(data_directory, report))
    watermark = read_watermark(data_directory / JOURNAL)
    end: Position | None = None
    for entry, end in read(data_directory / JOURNAL):
        _check_entry(data_directory, entry, end, watermark, report)
        present.discard(entry.get("path", ""))
        if bar is not None and entry["kind"] == "image":
            bar.advance(1)
    report.differences += [f"{path}: no journal entry" for path in sorted(_unsettled(data_directory, present, end))]
    report.recovered = sum(len(files) for _, _, files in os.walk(data_directory / RECOVERED_FOLDER))
    return report


def _check_entry(root: Path, entry: Entry, at: Position, watermark: int, report: Report) -> None:
    if entry["kind"] == "damaged":
        report.differences.append(f"{JOURNAL}/{at.segment}: the line that ends at byte {at.offset} is damaged")
    elif entry["kind"] == "event":
        report.events += 1
    elif entry["kind"] == "image" and entry["sequence"] <= watermark:
        report.purged += 1
        if (root / entry["path"]).exists():
            report.differences.append(f"{entry['path']}: purged, but still there; run imagehub purge again")
    elif entry["kind"] == "image":
        _check_image(root, entry, report)


def _check_image(root: Path, entry: Entry, report: Report) -> None:
    report.images += 1
    report.bytes += entry["bytes"]
    try:
        body = (root / entry["path"]).read_bytes()
    except OSError as error:
        report.differences.append(f"{entry['path']}: {error.strerror}, but entry {entry['sequence']} says it is stored")
        return
    if len(body) != entry["bytes"]:
        report.differences.append(f"{entry['path']}: {len(body)} bytes, the journal says {entry['bytes']}")
    elif checksum(body) != entry["checksum"]:
        report.differences.append(f"{entry['path']}: {checksum(body)}, the journal says {entry['checksum']}")


def _day_folders(root: Path) -> list[Path]:
    return sorted(path for path in (root / IMAGES).iterdir() if path.is_dir())


def _files(root: Path, report: Report) -> Iterator[str]:
    """Yield the files of days that have a journal; older days were stored by a hub that kept none."""
    days = {name[:10] for name in segments(root / JOURNAL)} if (root / JOURNAL).is_dir() else set()
    for folder in _day_folders(root):
        if folder.name in days:
            yield from (f"{IMAGES}/{folder.name}/{name}" for name in os.listdir(folder))
        else:
            report.unjournaled_days += 1


def _unsettled(root: Path, paths: set[str], end: Position | None) -> set[str]:
    """Follow the journal for a moment and return the files that no entry came for."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while paths and time.monotonic() < deadline and read_mark(root / JOURNAL) is not None:
        for entry, end in read(root / JOURNAL, end):
            paths.discard(entry.get("path", ""))
        if not any(_is_fresh(root / path) for path in paths):
            break
        time.sleep(SETTLE_STEP_SECONDS)
    return {path for path in paths if (root / path).exists()}


def _is_fresh(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < SETTLE_SECONDS
    except OSError:
        return False


def _summary(report: Report) -> str:
    parts = [
        f"{report.images} images ({report.bytes} bytes) and {report.events} events in the journal",
        f"{report.purged} purged" if report.purged else "",
        f"{report.unjournaled_days} days from before there was a journal" if report.unjournaled_days else "",
        f"{report.recovered} files in {RECOVERED_FOLDER}/" if report.recovered else "",
        f"{len(report.differences)} differences" if report.differences else "all agree",
    ]
    return ", ".join(filter(None, parts))
