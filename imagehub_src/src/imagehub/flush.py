"""How bytes reach stable storage on this system: the one place that chooses the system call.

Linux 5.8 and later: one `syncfs` for each file system that holds the data, which flushes everything written
meanwhile in one commit and reports write-back errors (before 5.8 it did not report them). That is so for the
file systems named here; on others (FUSE, FAT, network) `syncfs` may stop at the server's or the drive's
cache. macOS: `F_FULLFSYNC` for each file, because its `fsync` stops at the drive's cache. Elsewhere: `fsync`
for each file and, where the system can, for its folders.
"""

import ctypes
import errno
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

Flush = Callable[[Iterable[str]], None]
"""Make the files named, and their directory entries, stable; raise OSError if the system can't say so."""

SYNCFS_REPORTS_ERRORS_SINCE = (5, 8)

# statfs(2) `f_type`, from linux/magic.h, of file systems whose syncfs ends with a flush of the drive's cache.
_SYNCFS_IS_ENOUGH = {
    0xEF53,  # ext2, ext3, ext4
    0x58465342,  # XFS
    0x9123683E,  # Btrfs
    0xF2F52010,  # F2FS
    0x2FC12FC1,  # ZFS
    0x794C7630,  # overlayfs, which passes it on
    0x01021994,  # tmpfs, which has no drive
}


def choose(folders: Iterable[Path]) -> Flush:
    """Return the flush for data kept in these folders, which exist."""
    folders = list(folders)
    if _kernel() >= SYNCFS_REPORTS_ERRORS_SINCE and all(_type(folder) in _SYNCFS_IS_ENOUGH for folder in folders):
        return SyncFileSystems(folders)
    return flush_each


def _kernel() -> tuple[int, int]:
    """Return the version of Linux; (0, 0) elsewhere."""
    match = re.match(r"(\d+)\.(\d+)", platform.release()) if sys.platform == "linux" else None
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _type(folder: Path) -> int:
    # Python's os.statvfs does not tell f_type: the first word of struct statfs, which is shorter than this.
    buffer = ctypes.create_string_buffer(512)
    if ctypes.CDLL(None).statfs(os.fsencode(folder), buffer) != 0:
        return 0
    return ctypes.c_ulong.from_buffer(buffer).value & 0xFFFFFFFF


class SyncFileSystems:
    """One `syncfs` a file system, however many files were written."""

    def __init__(self, folders: Iterable[Path]) -> None:
        by_device = {folder.stat().st_dev: folder for folder in folders}
        self._descriptors = [os.open(folder, os.O_RDONLY | os.O_CLOEXEC) for folder in by_device.values()]
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __call__(self, files: Iterable[str]) -> None:
        """Flush all that was written up to now, whatever `files` names; see `Flush`."""
        for descriptor in self._descriptors:
            if self._libc.syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
            # A file system that gave up (an aborted ext4 journal) turns read-only, and before Linux 5.17
            # syncfs keeps quiet about it.
            if os.fstatvfs(descriptor).f_flag & os.ST_RDONLY:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def flush_each(files: Iterable[str]) -> None:
    """Flush every file, then every folder that holds one and the folder above, where that may be new."""
    folders: set[Path] = set()
    for file in files:
        _flush_path(file, os.O_RDWR)
        folders.update(Path(file).parents[:2])
    flush_folders(folders)


def flush_folders(folders: Iterable[Path]) -> None:
    """Make stable what these folders list, where the system can: names that came, and names that went."""
    if os.name == "posix":
        for folder in folders:
            _flush_path(folder, os.O_RDONLY)


def _flush_path(path: str | Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        if sys.platform == "darwin":
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
