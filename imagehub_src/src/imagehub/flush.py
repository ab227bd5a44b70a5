"""How bytes reach stable storage on this system: the one place that chooses the system call.

Linux 5.8 and later: one `syncfs` for each file system that holds the data, which flushes everything written
meanwhile in one commit and reports write-back errors (before 5.8 it did not report them). macOS: `F_FULLFSYNC` for each file, because its
`fsync` stops at the drive's cache. Elsewhere: `fsync` for each file and, where the system can, for its folder.
"""

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

Flush = Callable[[Iterable[str]], None]
"""Make the files named, and their directory entries, stable; raise OSError if the system can't say that they are."""

SYNCFS_REPORTS_ERRORS_SINCE = (5, 8)


def choose(folders: Iterable[Path]) -> Flush:
    """Return the flush for data kept in these folders, which exist."""
    if sys.platform == "linux" and _kernel() >= SYNCFS_REPORTS_ERRORS_SINCE:
        return SyncFileSystems(folders)
    return flush_each


def _kernel() -> tuple[int, int]:
    major, minor = platform.release().split(".")[:2]
    return int(major), int("".join(filter(str.isdigit, minor)) or 0)


class SyncFileSystems:
    """One `syncfs` a file system, however many files were written."""

    def __init__(self, folders: Iterable[Path]) -> None:
        by_device = {folder.stat().st_dev: folder for folder in folders}
        self._descriptors = [os.open(folder, os.O_RDONLY | os.O_CLOEXEC) for folder in by_device.values()]
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __call__(self, files: Iterable[str]) -> None:
        for descriptor in self._descriptors:
            if self._libc.syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
            # A file system that gave up (an aborted ext4 journal) turns read-only, and before Linux 5.17
            # syncfs keeps quiet about it.
            if os.fstatvfs(descriptor).f_flag & os.ST_RDONLY:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def flush_each(files: Iterable[str]) -> None:
    """Flush every file, then every folder that holds one."""
    folders = set()
    for file in files:
        _flush_path(file, os.O_RDWR)
        folders.add(os.path.dirname(file))
    if os.name == "posix":
        for folder in folders:
            _flush_path(folder, os.O_RDONLY)


def _flush_path(path: str, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        if sys.platform == "darwin":
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
