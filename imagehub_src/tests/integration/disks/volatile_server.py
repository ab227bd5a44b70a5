"""The program behind a `VolatileDisk`: serves one file, the disk, through FUSE, and takes orders meanwhile.

An order is a line of JSON on standard input that names a method of `Disk` and its arguments, such as
`{"order": "fail", "kind": "fsync", "times": 1}`. Each is answered by a line of JSON on standard output, the
counters of `Disk.stats`; the line before the first order says that the file is being served. The program ends
with its standard input, and with the order `cut`.
"""

import errno
import json
import math
import os
import stat
import sys
import threading
from pathlib import Path
from typing import Any

from mfusepy import FUSE

from .volatile_cache import VolatileCache


class Disk:
    """A volatile cache with counters and with faults; safe to use from many threads."""

    def __init__(self, stable: int) -> None:
        self.size = os.fstat(stable).st_size
        self._cache = VolatileCache(stable)
        self._lock = threading.Lock()
        self._counts = {"writes": 0, "written_bytes": 0, "fsyncs": 0, "failed": 0}
        self._failing = {"write": 0.0, "fsync": 0.0}
        self._stall_seconds = 0.0
        self._healed = threading.Event()

    def read(self, size: int, offset: int) -> bytes:
        """What was written last."""
        with self._lock:
            return self._cache.read(size, offset)

    def write(self, data: bytes, offset: int) -> None:
        """Keep `data` until the next `fsync`; raises OSError (EIO) while writes are to fail."""
        with self._lock:
            self._fail_if_told("write")
            self._cache.write(data, offset)
            self._counts["writes"] += 1
            self._counts["written_bytes"] += len(data)

    def fsync(self) -> None:
        """Make all that was written stable, late while stalled; raises OSError (EIO) while it is to fail."""
        self._healed.wait(self._stall_seconds)
        with self._lock:
            self._fail_if_told("fsync")
            self._cache.flush()
            self._counts["fsyncs"] += 1

    def stats(self) -> dict[str, int]:
        """Requests that were served since the start, requests that were failed, and what a cut would lose."""
        with self._lock:
            return {**self._counts, "unsynced_bytes": self._cache.unsynced_bytes}

    def fail(self, kind: str, times: float) -> None:
        """Let the next `times` (may be infinite) requests of a kind fail: `write` or `fsync`."""
        with self._lock:
            self._failing[kind] = times

    def stall(self, seconds: float) -> None:
        """Let each flush from now on take `seconds` longer."""
        self._healed.clear()
        self._stall_seconds = seconds

    def heal(self) -> None:
        """End all faults; a flush that is stalled goes on at once."""
        with self._lock:
            self._failing = dict.fromkeys(self._failing, 0.0)
        self._stall_seconds = 0.0
        self._healed.set()

    def cut(self, surviving: float, seed: int) -> None:
        """Forget what was not flushed, as `VolatileCache.cut` says; from now on writes and flushes fail."""
        with self._lock:
            self._cache.cut(surviving, seed)
            self._failing = dict.fromkeys(self._failing, math.inf)

    def _fail_if_told(self, kind: str) -> None:
        if self._failing[kind] > 0:
            self._failing[kind] -= 1
            self._counts["failed"] += 1
            raise OSError(errno.EIO, f"this {kind} was told to fail")


class OneFile:
    """The file system that FUSE asks: a root directory with one file of a fixed size, the disk."""

    use_ns = True  # what mfusepy asks for to hand over times in nanoseconds

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk = disk
        self._path = f"/{name}"

    def init(self, _path: str) -> None:
        """Say on standard output that the file is being served."""
        answer(self._disk)

    def getattr(self, path: str, _handle: int | None = None) -> dict[str, int]:
        """Mode and size of the root or of the file; raises OSError (ENOENT) for any other path."""
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path == self._path:
            return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": self._disk.size}
        raise OSError(errno.ENOENT, path)

    def read(self, _path: str, size: int, offset: int, _handle: int) -> bytes:
        """Read from the disk."""
        return self._disk.read(size, offset)

    def write(self, _path: str, data: bytes, offset: int, _handle: int) -> int:
        """Write to the disk's volatile cache."""
        self._disk.write(data, offset)
        return len(data)

    def fsync(self, _path: str, _data_only: int, _handle: int) -> int:
        """Flush the disk's cache."""
        self._disk.fsync()
        return 0


def answer(disk: Disk) -> None:
    """Write the disk's counters to standard output, as one line."""
    print(json.dumps(disk.stats()), flush=True)


def take_orders(disk: Disk) -> None:
    """Obey until standard input ends or the power is cut, then end the process, whatever its threads do."""
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        name = order.pop("order")
        getattr(disk, name)(**order)
        answer(disk)
        if name == "cut":
            break
    os._exit(0)


def main() -> None:
    """Serve the stable image named first as the file named second, whose directory becomes the FUSE mount."""
    image, served = map(Path, sys.argv[1:])
    disk = Disk(os.open(image, os.O_RDWR))
    threading.Thread(target=take_orders, args=[disk], daemon=True).start()
    # direct_io: the kernel caches nothing of the file, so that a write is here before it is done.
    FUSE(OneFile(disk, served.name), str(served.parent), foreground=True, direct_io=True)


if __name__ == "__main__":
    main()
