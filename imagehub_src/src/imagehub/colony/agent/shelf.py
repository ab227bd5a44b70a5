"""The files of the recordings on an agent's disk: which a session has, their checksums, and their bytes.

Requests come over the network: only regular files whose names are those of the session asked for are given out.
"""

import hashlib
import os
import stat
import threading
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, NamedTuple

from imagehub.colony import names
from imagehub.colony.recording import names as recorded
from imagehub.errors import ImagehubError

CHUNK_BYTES = 1 << 20


class NoSuchFileError(ImagehubError):
    """There is no such file among those of the session."""


class Session(NamedTuple):
    """What one camera recorded in one acquisition."""

    group: str
    name: str
    instance: str

    def folder(self, data: Path) -> Path:
        """Return its folder; raise NameRefusedError where a name can't be one of a folder."""
        parts = (names.group(self.group), names.acquisition(self.name))
        return data.joinpath(*(part for part in parts if part))

    def has(self, file: str) -> bool:
        """Tell whether a file of that name is one of it."""
        found = recorded.parse(file)
        plain = "/" not in file and "\0" not in file
        return found is not None and plain and (found.acquisition, found.instance) == (self.name, self.instance)


class Shelf:
    """The recordings below `data`. Checksums are worked out by `worker`, one after the other."""

    def __init__(self, data: Path, worker: Executor) -> None:
        self._data = data
        self._worker = worker
        self._guard = threading.Lock()
        self._sums: dict[tuple[str, int, int], str | None] = {}

    def files(self, session: Session) -> list[dict[str, Any]]:
        """Return path and size of each file."""
        folder = session.folder(self._data)
        try:
            found = sorted(entry.name for entry in os.scandir(folder) if session.has(entry.name))
        except OSError:
            return []
        return [entry for name in found if (entry := self._entry(folder / name)) is not None]

    def sum(self, session: Session, file: str) -> str | None:
        """Return the SHA-256 of a file, or None until it is worked out.

        Raises:
            NoSuchFileError: it is no file of that session.
        """
        path = session.folder(self._data) / _checked(session, file)
        try:
            found = path.lstat()
        except OSError as error:
            raise NoSuchFileError(f"can't read {file}: {error.strerror}") from error
        if not stat.S_ISREG(found.st_mode):
            raise NoSuchFileError(f"{file} is no ordinary file")
        return self._sum(path, found)

    def read(self, session: Session, file: str, offset: int, size: int) -> bytes:
        """Return up to `size` bytes of a file; nothing at its end.

        Raises:
            NoSuchFileError: it is no file of that session.
        """
        path = session.folder(self._data) / _checked(session, file)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise NoSuchFileError(f"can't read {file}: {error.strerror}") from error
        try:
            return os.pread(descriptor, size, offset)
        except OSError as error:
            raise NoSuchFileError(f"can't read {file}: {error.strerror}") from error
        finally:
            os.close(descriptor)

    def _entry(self, path: Path) -> dict[str, Any] | None:
        try:
            found = path.lstat()
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        return {"path": path.name, "size": found.st_size}

    def _sum(self, path: Path, found: os.stat_result) -> str | None:
        key = (str(path), found.st_size, found.st_mtime_ns)
        with self._guard:
            if key not in self._sums:
                self._sums[key] = None
                self._worker.submit(self._work_out, path, key)
            return self._sums[key]

    def _work_out(self, path: Path, key: tuple[str, int, int]) -> None:
        try:
            result = sha256(path)
        except OSError:
            with self._guard:
                del self._sums[key]
            return
        with self._guard:
            self._sums[key] = result


def _checked(session: Session, file: str) -> str:
    if not session.has(file):
        raise NoSuchFileError(f"{file[:200]!r} is no file of {session.name}")
    return file


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal digits."""
    result = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            result.update(chunk)
    return result.hexdigest()
