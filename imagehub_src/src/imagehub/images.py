"""Where an image lies and how it gets there: the one grammar of image paths.

`images/YYYY-MM-DD/<node-view>-<YYYY-MM-DDTHH.MM.SS.ffffff>.jpg`, the time being when the hub accepted the
image, in local time; blanks in `node view` become `-`. This is the layout of imagehub since its first
version.
"""

import errno
import os
import re
import zlib
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from imagehub import failpoints

FOLDER = "images"
RECOVERED_FOLDER = "recovered"
MAX_STEM_BYTES = 200

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# Older imagehubs left the fraction away in the rare case that it was zero.
_NAME = re.compile(r"(?P<stem>.+)-(?P<stamp>\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d(?:\.\d{6})?)\.jpg", re.DOTALL)


def relative_path(camera_name: str, time: datetime) -> str:
    """Return the path of an image relative to the data directory, with `/` between its parts."""
    day, stamp = _day_and_stamp(time)
    return f"{FOLDER}/{day}/{_stem(camera_name)}-{stamp}.jpg"


def read_name(name: str) -> tuple[str, datetime] | None:
    """Return the `node-view` and the local time (without offset) that an image's name tells, else None."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        return match["stem"], datetime.fromisoformat(match["stamp"].replace(".", ":", 2))
    except ValueError:
        return None


def printable(text: str) -> str:
    """Return a text with file names in it as one that can be printed: names need not be UTF-8."""
    return text.encode(errors="surrogateescape").decode(errors="backslashreplace")


# All images of a group share their time, and cameras come again and again.
@lru_cache(maxsize=2)
def _day_and_stamp(time: datetime) -> tuple[str, str]:
    stamp = time.replace(tzinfo=None).isoformat(timespec="microseconds")
    return stamp[:10], stamp.replace(":", ".")


@lru_cache(maxsize=1024)
def _stem(camera_name: str) -> str:
    stem = camera_name.replace(" ", "-")
    encoded = stem.encode()
    if len(encoded) <= MAX_STEM_BYTES:
        return stem
    # File systems take 255 bytes for a name, and 100 letters of some scripts need more than that leaves.
    return f"{encoded[:MAX_STEM_BYTES].decode(errors='ignore')}~{zlib.crc32(encoded):08x}"


def write_new(data_directory: Path, camera_name: str, time: datetime, body: bytes | memoryview) -> str:
    """Write an image to a file that did not exist, and return its relative path.

    Where the name is taken (two images of a camera in one microsecond), the nearest free microsecond of the
    same day gives the name: the day's journal vouches for the day's folder.
    Raises OSError when the disk does not take it; then no part of it is left.
    """
    step = timedelta(microseconds=1)
    while True:
        relative = relative_path(camera_name, time)
        try:
            _write_file(f"{data_directory}/{relative}", body)
        except FileNotFoundError:
            (data_directory / relative).parent.mkdir(parents=True)
        except FileExistsError:
            step = step if (time + step).date() == time.date() else -step
            time += step
        else:
            return relative


def _write_file(path: str, body: bytes | memoryview) -> None:
    descriptor = os.open(path, _CREATE, 0o644)
    try:
        try:
            _write_all(descriptor, body)
        finally:
            os.close(descriptor)  # a network file system may say only now that it is full
    except OSError:
        with suppress(OSError):
            Path(path).unlink()
        raise


def _write_all(descriptor: int, body: bytes | memoryview) -> None:
    view = memoryview(body)
    if failpoints.armed("mid_write"):
        view = view[os.write(descriptor, view[: len(view) // 2]) :]
        failpoints.hit("mid_write")
    while view:
        view = view[os.write(descriptor, view) :]


def set_aside(data_directory: Path, relative: str) -> Path:
    """Move a file that no journal line vouches for into `recovered/`; never overwrite one there.

    Raises OSError when it can't be moved; then it stays where it was.
    """
    source = data_directory / relative
    folder = data_directory / RECOVERED_FOLDER / source.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    target, part = folder / source.name, 1
    while os.path.lexists(target):
        part += 1
        target = folder / f"{source.stem}.{part}{source.suffix}"
    _move(source, target)
    return target


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # images/ is a disk of its own. The import is heavy for a hub that hardly ever needs it.
        import shutil

        shutil.move(source, target)
