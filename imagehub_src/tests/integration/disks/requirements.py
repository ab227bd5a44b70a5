"""What a machine must have for real disks: a test that needs them is skipped without it, and fails on CI."""

import ctypes.util
import importlib.util
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from requirements_here import require


def require_loop_disk() -> None:
    """Skip (fail on CI) unless a `LoopDisk` can be made here."""
    missing = [*_missing_rights(), *_missing_files("/dev/loop-control"), *_missing_tools()]
    require(not missing, f"no loop disk without {', '.join(missing)}")


def require_volatile_disk() -> None:
    """Skip (fail on CI) unless a `VolatileDisk` can be made here."""
    missing = [*_missing_files("/dev/fuse"), *_missing_libraries()]
    require_loop_disk()
    require(not missing, f"no volatile disk without {', '.join(missing)}")


def _missing_rights() -> Iterable[str]:
    if os.geteuid() != 0:
        yield "being root"


def _missing_files(*paths: str) -> Iterable[str]:
    return (path for path in paths if not Path(path).exists())


def _missing_tools() -> Iterable[str]:
    return (tool for tool in ("losetup", "mkfs.ext4", "mount", "umount") if not shutil.which(tool))


def _missing_libraries() -> Iterable[str]:
    if not importlib.util.find_spec("mfusepy"):
        yield "the Python package mfusepy"
    if not any(map(ctypes.util.find_library, ("fuse", "fuse3"))):
        yield "libfuse (Debian: fuse3)"
