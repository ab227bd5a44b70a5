"""One hub (and one purge) a data directory: the lock that says so."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from imagehub.errors import DataDirectoryError

NAME = "imagehub.lock"


class DataDirectoryLock:
    """Held while a process uses the data directory; freed when the process ends, however it ends."""

    def __init__(self, data_directory: Path, name: str = NAME) -> None:
        self._path = data_directory / name
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            DataDirectoryError: another process holds it, or the directory can't be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise DataDirectoryError(
                f"can't use the data directory {self._path.parent}: {error.strerror}; "
                "give this user write access, or set hub.data_directory to another place"
            ) from error
        self._take(descriptor)
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, descriptor: int) -> None:
        try:
            _lock(descriptor)
        except OSError:
            number = _holder(descriptor)
            holder = f" (process {number})" if number.isdigit() else ""
            os.close(descriptor)
            raise DataDirectoryError(
                f"another {self._path.stem}{holder} uses the data directory {self._path.parent}; "
                "stop it, or set hub.data_directory to another place"
            ) from None
        # Who holds it is told as a favour: a full disk must keep neither hub nor purge from its work.
        with suppress(OSError):
            os.truncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # Beyond the process id, because a locked region can't be read there by others.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 32).decode("ascii", errors="replace").strip()
