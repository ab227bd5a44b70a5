"""One hub (and one purge) a data directory: the lock that says so."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from imagehub.errors import DataDirectoryError

NAME = "imagehub.lock"


class DataDirectoryLock:
    """Held while a process uses the data directory; the system gives it up when the process ends, however it ends."""

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

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, descriptor: int) -> None:
        try:
            _lock(descriptor)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() if os.name == "posix" else ""
            os.close(descriptor)
            raise DataDirectoryError(
                f"another {self._path.stem}{f' (process {holder})' if holder else ''} uses the data directory "
                f"{self._path.parent}; stop it, or set hub.data_directory to another place"
            ) from None
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())


def _lock(descriptor: int) -> None:
    if os.name == "posix":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        import msvcrt

        # Beyond the process id, because a locked region can't be read there by others.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
