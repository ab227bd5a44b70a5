"""The event log: `logs/imagehub.log`, what happened at the nodes, as people tail it.

A line is `YYYY-MM-DD HH:MM:SS,mmm ~ TEXT` in local time, as Python's logging writes it for imagehub since its
first version. At midnight the file is renamed to `imagehub.log.YYYY-MM-DD`, the day that it holds, and a new
one begins.
"""

import os
from datetime import datetime
from pathlib import Path

from imagehub.journal import write_whole

FOLDER = "logs"
NAME = "imagehub.log"

_CONTROL = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}


def one_line(text: str) -> str:
    """Return the text with its control characters as escapes, so that it can't pretend to be another line."""
    return text.translate(_CONTROL)


def format_line(time: datetime, text: str) -> bytes:
    """Return one line of the log; control characters in the text are escaped, so that it stays one line."""
    stamp = f"{time:%Y-%m-%d %H:%M:%S},{time.microsecond // 1000:03d}"
    return f"{stamp} ~ {one_line(text)}\n".encode(errors="backslashreplace")


class EventLog:
    """Appends to the log and turns it over at midnight. Not for use by two threads at once."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._descriptor: int | None = None
        self._day = ""

    def append(self, time: datetime, texts: list[str]) -> int:
        """Write a line for each text and return the log's length before them, for `rewind`.

        Raises OSError with nothing written.
        """
        descriptor = self._open(time)
        size = os.fstat(descriptor).st_size
        write_whole(descriptor, b"".join(format_line(time, text) for text in texts), size)
        return size

    def rewind(self, size: int) -> None:
        """Take back the lines that the latest `append` wrote; `size` is what it returned."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, size)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self, time: datetime) -> int:
        day = f"{time:%Y-%m-%d}"
        if self._descriptor is None or day != self._day:
            self.close()
            self._turn_over(day, time)
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            self._day = day
        return self._descriptor

    def _turn_over(self, day: str, time: datetime) -> None:
        try:
            written = self._day or self._day_of_last_line(time)
            if written != day:
                self._path.rename(self._free_name(written))
        except FileNotFoundError:
            return

    def _day_of_last_line(self, time: datetime) -> str:
        return f"{datetime.fromtimestamp(self._path.stat().st_mtime, time.tzinfo):%Y-%m-%d}"

    def _free_name(self, day: str) -> Path:
        target, part = self._path.with_name(f"{NAME}.{day}"), 1
        while target.exists():
            part += 1
            target = self._path.with_name(f"{NAME}.{day}.{part}")
        return target
