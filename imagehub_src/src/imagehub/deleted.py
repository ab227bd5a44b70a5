"""The ledger of images that were deleted on purpose, one by one: `deleted/YYYY-MM-DD.txt` in the data directory.

A file for each day, named by the day in the images' paths; a line for each image, its path relative to the data
directory. The line is stable before the file goes, so that a missing image without a line is a lost one.
"""

import os
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from imagehub.flush import flush_each
from imagehub.images import FOLDER as IMAGES

FOLDER = "deleted"

_PATH = re.compile(rf"{IMAGES}/(?P<day>\d{{4}}-\d{{2}}-\d{{2}})/(?!\.\.?$)[^/\0\r\n]+")


def day_of(path: str) -> str | None:
    """Return the day of an image's relative path, None for a path that no image can have."""
    match = _PATH.fullmatch(path)
    return match["day"] if match else None


def add(data_directory: Path, paths: Iterable[str]) -> None:
    """Write down that these images are deleted; it is stable when this returns, and the files may go.

    Several processes may add at once.

    Raises:
        ValueError: a path is not that of an image.
        OSError: the ledger can't be written; then no file may go.
    """
    known = sorted((_day(path), path) for path in paths)
    (data_directory / FOLDER).mkdir(exist_ok=True)
    for day, group in groupby(known, key=lambda pair: pair[0]):
        _append(_file(data_directory, day), [path for _, path in group])
    flush_each([str(_file(data_directory, day)) for day in sorted({day for day, _ in known})])


def read(data_directory: Path, day: str) -> set[str]:
    """Return the paths of a day's deleted images. A last line that was torn by a crash does not count."""
    try:
        text = _file(data_directory, day).read_bytes()
    except FileNotFoundError:
        return set()
    whole = text[: text.rfind(b"\n") + 1]
    return set(map(os.fsdecode, whole.split(b"\n"))) - {""}


def days(data_directory: Path) -> list[str]:
    """Return the days that have deleted images."""
    return sorted(path.stem for path in (data_directory / FOLDER).glob("????-??-??.txt"))


class Ledger:
    """Tells of one image after the other whether it was deleted; keeps the last day that it was asked of."""

    def __init__(self, data_directory: Path) -> None:
        self._root = data_directory
        self._day = ""
        self._size = 0
        self._paths: set[str] = set()

    def __contains__(self, path: str) -> bool:
        """Answer as of now: what others have added meanwhile is seen."""
        day = day_of(path)
        if day is None:
            return False
        size = _size(_file(self._root, day))
        if (day, size) != (self._day, self._size):
            self._day, self._size, self._paths = day, size, read(self._root, day)
        return path in self._paths


def _day(path: str) -> str:
    day = day_of(path)
    if day is None:
        raise ValueError(f"{path!r} is not the path of an image")
    return day


def _file(data_directory: Path, day: str) -> Path:
    return data_directory / FOLDER / f"{day}.txt"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _append(file: Path, paths: list[str]) -> None:
    # What a crash tore off is ended here, never cut: another process may be about to go on with it.
    lines = b"".join(os.fsencode(path) + b"\n" for path in paths)
    with file.open("a+b", buffering=0) as ledger:
        size = ledger.seek(0, os.SEEK_END)
        ledger.seek(max(0, size - 1))
        view = memoryview(lines if ledger.read(1) in {b"", b"\n"} else b"\n" + lines)
        while view:
            view = view[ledger.write(view) or 0 :]
