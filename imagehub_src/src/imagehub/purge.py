"""`imagehub purge`: delete the oldest images, in the journal's order, so that the disk does not fill.

`journal/purged` holds the sequence number up to which images are purged. It is made stable before the first file
goes, so a purge that is interrupted is finished by the next one, and `check` knows that those files are gone on purpose.
Days from before there was a journal go first, whole. The newest image of today always stays.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from imagehub.errors import DataDirectoryError, SettingsError
from imagehub.images import FOLDER as IMAGES
from imagehub.journal import FOLDER as JOURNAL
from imagehub.journal import read, read_watermark, segments, write_watermark
from imagehub.lock import DataDirectoryLock
from imagehub.progress import Progress

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a purge keeps to: days to keep, bytes of images at most, bytes of disk to keep free; None: no limit."""

    keep_days: int | None = None
    max_bytes: int | None = None
    keep_free: int | None = None

    @classmethod
    def parse(cls, keep_days: int | None, max_bytes: str | None, keep_free: str | None) -> "Limits":
        """Read the limits as typed, sizes with K, M, G or T behind them; raise SettingsError with every fault."""
        faults = []
        if keep_days is None and max_bytes is None and keep_free is None:
            faults.append("purge needs --keep-days, --max-bytes or --keep-free")
        if keep_days is not None and keep_days < 1:
            faults.append(f"--keep-days {keep_days}: expected 1 or more; today is never purged by its age")
        sizes = {}
        for name, text in (("--max-bytes", max_bytes), ("--keep-free", keep_free)):
            sizes[name] = parse_size(text) if text is not None else None
            if text is not None and sizes[name] is None:
                faults.append(f"{name} {text}: expected bytes such as 500M or 200G")
        if faults:
            raise SettingsError(faults)
        return cls(keep_days, sizes["--max-bytes"], sizes["--keep-free"])


@dataclass(frozen=True, slots=True)
class Stored:
    """An image on disk; `sequence` is 0 for one from before there was a journal."""

    path: str
    day: str
    bytes: int
    sequence: int


def parse_size(text: str) -> int | None:
    """Return the bytes that a text such as `1.5G` stands for (powers of 1024), or None if it is none."""
    match = _SIZE.fullmatch(text.strip())
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " ")) if match else None


def run(data_directory: Path, limits: Limits, dry_run: bool, today: date | None = None) -> int:
    """Purge and print what was done; return the exit code. One purge runs at a time; the hub may run meanwhile."""
    if not (data_directory / JOURNAL).is_dir():
        raise DataDirectoryError(f"no hub's data in {data_directory}: give its settings with --path")
    with DataDirectoryLock(data_directory, "purge.lock"):
        finish(data_directory, dry_run)
        stored = list(inventory(data_directory))
        chosen = choose(stored, limits, today or date.today(), shutil.disk_usage(data_directory).free)
        verb = "would delete" if dry_run else "deleted"
        if not dry_run:
            with Progress(len(chosen), "purged", stream=sys.stderr) as bar:
                delete(data_directory, chosen, bar)
    days = len({image.day for image in chosen})
    size = sum(image.bytes for image in chosen)
    print(f"{verb} {len(chosen)} images of {days} days, {size} bytes; {len(stored) - len(chosen)} images stay")
    return 0


def inventory(data_directory: Path) -> Iterator[Stored]:
    """Yield the images on disk, oldest first."""
    journal_days = {name[:10] for name in segments(data_directory / JOURNAL)}
    yield from _before_journal(data_directory, journal_days)
    watermark = read_watermark(data_directory / JOURNAL)
    for entry, _ in read(data_directory / JOURNAL):
        if entry["kind"] == "image" and entry["sequence"] > watermark:
            yield Stored(entry["path"], entry["path"].split("/")[1], entry["bytes"], entry["sequence"])


def choose(stored: list[Stored], limits: Limits, today: date, free: int) -> list[Stored]:
    """Return the images that the limits ask to delete: the oldest, and never the newest of today."""
    keep_from = str(today - timedelta(days=limits.keep_days - 1)) if limits.keep_days is not None else ""
    total = sum(image.bytes for image in stored)
    chosen = []
    for image in stored[:-1] if stored and stored[-1].day == str(today) else stored:
        too_old = image.day < keep_from
        too_much = limits.max_bytes is not None and total > limits.max_bytes
        too_full = limits.keep_free is not None and free < limits.keep_free
        if not (too_old or too_much or too_full):
            break
        chosen.append(image)
        total -= image.bytes
        free += image.bytes
    return chosen


def delete(data_directory: Path, chosen: list[Stored], bar: Progress | None = None) -> None:
    """Delete these images, the first ones of the inventory."""
    last = max((image.sequence for image in chosen), default=0)
    if last:
        write_watermark(data_directory / JOURNAL, last)
    for image in chosen:
        _remove(data_directory / image.path)
        if bar is not None:
            bar.advance(1)


def finish(data_directory: Path, dry_run: bool) -> None:
    """Delete what an interrupted purge had marked and not deleted yet."""
    watermark = read_watermark(data_directory / JOURNAL)
    if dry_run or not watermark:
        return
    for entry, _ in read(data_directory / JOURNAL):
        if entry["kind"] == "image" and entry["sequence"] <= watermark:
            _remove(data_directory / entry["path"])
        elif entry.get("sequence", 0) > watermark:
            return


def _before_journal(data_directory: Path, journal_days: set[str]) -> Iterator[Stored]:
    for folder in sorted((data_directory / IMAGES).iterdir()):
        if folder.name not in journal_days and _DAY.fullmatch(folder.name):
            for path in sorted(folder.iterdir()):
                yield Stored(f"{IMAGES}/{folder.name}/{path.name}", folder.name, path.stat().st_size, 0)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    try:
        path.parent.rmdir()
    except OSError:
        return  # other images are still in it
