"""Messages on disk, one a file, in the order of their names.

```
spool/
  000000000123.message    a letter (see `letter`), written as .000000000123.part and renamed when whole
  numbers.json            up to where numbers are used (see `numbering`)
  damaged/                files that are not whole: never sent
  refused/                what a hub will never take, each with a .reason beside it
  lock                    held by the node that uses this folder
```

A file is written at once and flushed with others once a second (`flush`): `fdatasync` for each, then the folder. So a
program that is killed loses nothing of what is here, and a power cut at most the last second.
"""

import contextlib
import errno
import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from imagehub.errors import ImagehubError
from imagehub.node.delivery import letter as letters
from imagehub.node.delivery.letter import DamagedError, Letter

ENDING = ".message"
PART = ".part"
DAMAGED, REFUSED = "damaged", "refused"
LOCK = "lock"
ASIDE_SHARE = 10  # damaged/ and refused/ may each take a tenth of the spool's bytes, and this many files
ASIDE_FILES = 1000
KEEP_FREE_BYTES = 32 << 20  # so much of the file system is left to others


class SpoolInUseError(ImagehubError):
    """Another node uses the folder."""


class Spool:
    """The folder, and an account of it in memory: `admit`, `forget`, `oldest` and `has_room` touch no disk.

    These are for one thread at a time; what works on files may be called by another thread meanwhile.
    """

    def __init__(self, folder: Path, max_bytes: int, keep_free_bytes: int = KEEP_FREE_BYTES) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.bytes = 0
        self._keep_free_bytes = keep_free_bytes
        self.damaged: list[str] = []  # names of files that were set aside since somebody looked
        self._sizes: dict[int, int] = {}
        self._unflushed: deque[Path] = deque()
        self._changed = threading.Event()
        self._lock: int | None = None

    def open(self) -> int:
        """Take the folder (it is made where it is missing), and return the largest number in it.

        Raises:
            SpoolInUseError: another node has it.
            OSError: it can't be used.
        """
        for folder in (self.folder, self.folder / DAMAGED, self.folder / REFUSED):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self.folder)
        for folder in (self.folder, self.folder.parent):
            _sync(folder, os.fsync)
        for path in sorted(self.folder.glob(f".*{PART}")):
            self._finish(path)
        found = {int(path.stem): path.stat().st_size for path in self.folder.glob(f"*{ENDING}") if path.stem.isdigit()}
        self._sizes = dict(sorted(found.items()))
        self.bytes = sum(found.values())
        aside = [path.stem for kind in (DAMAGED, REFUSED) for path in (self.folder / kind).glob(f"*{ENDING}")]
        return max([0, *found, *(int(stem) for stem in aside if stem.isdigit())])

    def close(self) -> None:
        """Flush, and let others have the folder."""
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self.flush()
            os.close(self._lock)
            self._lock = None

    def __len__(self) -> int:
        """How many messages are here."""
        return len(self._sizes)

    def oldest(self, but: int | None = None) -> int | None:
        """Return the number of the oldest message other than `but`; None where there is none."""
        return next((number for number in self._sizes if number != but), None)

    def has_room(self, size: int) -> bool:
        """Tell whether so many bytes more are within the limit."""
        return self.bytes + size <= self.max_bytes

    def write(self, number: int, data: bytes) -> None:
        """Write a message's file; it counts once it was `admit`ted. Raise OSError where the disk does not take it."""
        part, path = self._part(number), self._path(number)
        disk = os.statvfs(self.folder)
        if disk.f_bavail * disk.f_frsize < len(data) + self._keep_free_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
        self._unflushed.append(path)
        self._changed.set()

    def admit(self, number: int, size: int) -> None:
        """Count a message whose file was written; numbers come in their order."""
        self._sizes[number] = size
        self.bytes += size

    def read(self, number: int) -> Letter | None:
        """Return a message; None where its file is not whole: then it is set aside in `damaged`."""
        try:
            return letters.decode(self._path(number).read_bytes(), number)
        except FileNotFoundError:
            self.damaged.append(f"{self._path(number).name} (it is gone)")
        except (DamagedError, OSError) as error:
            self.damaged.append(f"{self._path(number).name} ({error})")
            with contextlib.suppress(OSError):
                self._set_aside(self._path(number), DAMAGED)
        return None

    def peek(self, number: int) -> Letter | None:
        """Return a message as `read` does, and set nothing aside."""
        try:
            return letters.decode(self._path(number).read_bytes(), number)
        except (DamagedError, OSError):
            return None

    def forget(self, number: int) -> bool:
        """Count a message no more, and tell whether it was here; its file is left to `delete`."""
        there = number in self._sizes
        self.bytes -= self._sizes.pop(number, 0)
        return there

    def delete(self, number: int) -> None:
        """Delete a message's file. Where the disk refuses that, the next start finds it and sends it again."""
        with contextlib.suppress(OSError):
            self._path(number).unlink()
            self._changed.set()

    def refuse(self, letter: Letter, reason: str) -> None:
        """Keep a message, and why no hub takes it, in `refused`; what is oldest there makes way."""
        with contextlib.suppress(OSError):
            if not self._path(letter.sequence).exists():
                self.write(letter.sequence, letters.encode(letter))
            self._set_aside(self._path(letter.sequence), REFUSED)
            (self.folder / REFUSED / f"{letter.sequence:012}.reason").write_text(reason + "\n")

    def flush(self) -> None:
        """Make all that was written before stable. Raise OSError where the disk can't say so."""
        if not self._changed.is_set():
            return
        self._changed.clear()
        while self._unflushed:
            with contextlib.suppress(FileNotFoundError):  # it was sent meanwhile
                _sync(self._unflushed.popleft(), os.fdatasync)
        _sync(self.folder, os.fsync)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:012}{ENDING}"

    def _part(self, number: int) -> Path:
        return self.folder / f".{number:012}{PART}"

    def _finish(self, part: Path) -> None:
        """Take in what an earlier run had written as a whole and not renamed; set other beginnings aside."""
        path = self.folder / f"{part.stem.lstrip('.')}{ENDING}"
        try:
            letters.decode(part.read_bytes(), 0)
            part.replace(path)
        except DamagedError:
            part.replace(path)
            self._set_aside(path, DAMAGED)
            self.damaged.append(f"{path.name} (it was half written)")

    def _set_aside(self, path: Path, kind: str) -> None:
        path.replace(self.folder / kind / path.name)
        self._changed.set()
        kept = sorted((self.folder / kind).glob(f"*{ENDING}"))
        size = sum(file.stat().st_size for file in kept)
        while kept and (size > self.max_bytes // ASIDE_SHARE or len(kept) > ASIDE_FILES):
            size -= kept[0].stat().st_size
            kept[0].with_suffix(".reason").unlink(missing_ok=True)
            kept.pop(0).unlink()


def _locked(folder: Path) -> int:
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SpoolInUseError(
            f"another node uses the spool {folder}: stop it, or give each node a spool directory of its own"
        ) from None
    return descriptor


def _sync(path: Path, how: Callable[[int], None]) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        how(descriptor)
    finally:
        os.close(descriptor)
