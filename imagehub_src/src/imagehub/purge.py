"""`imagehub purge`: delete the oldest images, in the journal's order, so that the disk does not fill.

`journal/purged` holds the sequence number up to which images are purged. It is made stable before the first
file goes, so a purge that is interrupted is finished by the next one, and `check` knows that those files are
gone on purpose. Days from before there was a journal go first, each of them whole. The newest image of today
always stays.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from imagehub.deleted import Ledger
from imagehub.errors import DataDirectoryError, SettingsError
from imagehub.images import FOLDER as IMAGES
from imagehub.journal import FOLDER as JOURNAL
from imagehub.journal import read, read_watermark, segments, write_watermark
from imagehub.lock import DataDirectoryLock
from imagehub.terminal.progress import Progress

LOCK_NAME = "purge.lock"
MAX_KEEP_DAYS = 36_500

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a purge keeps to: days to keep, bytes of images at most, bytes to keep free; None: no limit."""

    keep_days: int | None = None
    max_bytes: int | None = None
    keep_free: int | None = None

    @classmethod
    def parse(cls, keep_days: int | None, max_bytes: str | None, keep_free: str | None) -> "Limits":
        """Read the limits as typed, sizes with K, M, G or T behind; raise SettingsError with every fault."""
        faults = []
        if keep_days is None and max_bytes is None and keep_free is None:
            faults.append("purge needs --keep-days, --max-bytes or --keep-free")
        if keep_days is not None and keep_days < 1:
            faults.append(f"--keep-days {keep_days}: expected 1 or more; today is never purged by its age")
        if keep_days is not None and keep_days > MAX_KEEP_DAYS:
            faults.append(f"--keep-days {keep_days}: expected {MAX_KEEP_DAYS} at most")
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
    """Purge, print what was done and return the exit code. The hub may run meanwhile, but no other purge.

    Raises:
        DataDirectoryError: there is no data, another purge runs, or a file can't be deleted.
        SettingsError: the limits ask for more free space than the disk has.
    """
    if not (data_directory / JOURNAL).is_dir():
        raise DataDirectoryError(f"no hub's data in {data_directory}: give its settings with --path")
    try:
        with DataDirectoryLock(data_directory, LOCK_NAME):
            _purge(data_directory, limits, dry_run, today or datetime.now(UTC).astimezone().date())
    except OSError as error:
        raise DataDirectoryError(
            f"can't purge {error.filename or data_directory}: {error.strerror}; "
            "mend that, and purge again as the user that the hub runs as"
        ) from error
    return 0


def _purge(data_directory: Path, limits: Limits, dry_run: bool, today: date) -> None:
    if not dry_run:
        finish(data_directory)
    stored = list(inventory(data_directory, today))
    chosen = choose(stored, limits, today, _free_bytes(data_directory, limits))
    if not dry_run:
        with Progress(len(chosen), "purged", stream=sys.stderr) as bar:
            delete(data_directory, chosen, bar)
    verb = "would delete" if dry_run else "deleted"
    days, size = len({image.day for image in chosen}), sum(image.bytes for image in chosen)
    print(f"{verb} {len(chosen)} images of {days} days, {size} bytes; {len(stored) - len(chosen)} images stay")


def _free_bytes(data_directory: Path, limits: Limits) -> int:
    disk = shutil.disk_usage(data_directory / IMAGES)
    if limits.keep_free is not None and limits.keep_free > disk.total:
        raise SettingsError(
            [f"--keep-free: the disk has {disk.total} bytes only, and {limits.keep_free} are to be free"]
        )
    return disk.free


def inventory(data_directory: Path, today: date) -> Iterator[Stored]:
    """Yield the images on disk, oldest first."""
    journal_days = {name[:10] for name in segments(data_directory / JOURNAL)}
    yield from _before_journal(data_directory, journal_days, today)
    watermark, ledger = read_watermark(data_directory / JOURNAL), Ledger(data_directory)
    for entry, _ in read(data_directory / JOURNAL):
        if entry["kind"] == "image" and entry["sequence"] > watermark and entry["path"] not in ledger:
            yield Stored(entry["path"], entry["path"].split("/")[1], entry["bytes"], entry["sequence"])


def _before_journal(data_directory: Path, journal_days: set[str], today: date) -> Iterator[Stored]:
    for folder in sorted((data_directory / IMAGES).iterdir()):
        # Today's folder is made a moment before today's journal.
        if _DAY.fullmatch(folder.name) and folder.name not in journal_days and folder.name < str(today):
            for path in sorted(path for path in folder.iterdir() if path.is_file()):
                yield Stored(f"{IMAGES}/{folder.name}/{path.name}", folder.name, path.stat().st_size, 0)


def choose(stored: list[Stored], limits: Limits, today: date, free: int) -> list[Stored]:
    """Return the images that the limits ask to delete: the oldest, and never the newest of today.

    `free` is how many bytes of the disk are free now.
    """
    total, end = sum(image.bytes for image in stored), 0
    newest_stays = bool(stored) and stored[-1].day == str(today)
    for index, image in enumerate(stored[:-1] if newest_stays else stored):
        begun = end > 0 and image.sequence == 0 and image.day == stored[end - 1].day
        if begun or _is_too_much(image, limits, today, total, free):
            end = index + 1
        elif image.day <= str(today):
            break
        # A day to come is a clock's error: such an image goes when a later one goes, and holds none back.
        total -= image.bytes
        free += image.bytes
    return stored[:end]


def _is_too_much(image: Stored, limits: Limits, today: date, total: int, free: int) -> bool:
    if limits.keep_days is not None and image.day <= str(today - timedelta(days=limits.keep_days)):
        return True
    if limits.max_bytes is not None and total > limits.max_bytes:
        return True
    return limits.keep_free is not None and free < limits.keep_free


def delete(data_directory: Path, chosen: list[Stored], bar: Progress | None = None) -> None:
    """Delete these images, the first ones of the inventory."""
    last = max((image.sequence for image in chosen), default=0)
    if last:
        write_watermark(data_directory / JOURNAL, last)
    for image in chosen:
        _remove(data_directory / image.path)
        if bar is not None:
            bar.advance(1)


def finish(data_directory: Path) -> None:
    """Delete what an interrupted purge had marked and not deleted yet."""
    watermark = read_watermark(data_directory / JOURNAL)
    if not watermark:
        return
    for entry, _ in read(data_directory / JOURNAL):
        if entry["kind"] == "image" and entry["sequence"] <= watermark:
            _remove(data_directory / entry["path"])
        elif entry.get("sequence", 0) > watermark:
            return


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    try:
        path.parent.rmdir()
    except OSError:
        return  # other images are still in it
