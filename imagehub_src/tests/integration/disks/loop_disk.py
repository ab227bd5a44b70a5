"""A small ext4 file system of its own, to fill up and to make read-only."""

import errno
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from .mounting import attach_loop, detach_loop, make_ext4, mount_ext4, run, unmount


class LoopDisk:
    """A disk of `size_mib` MiB on a loop device, mounted at `mount_point` while the context lasts.

    About a fifth of so small a disk is ext4's own. Needs what `requirements.require_loop_disk` asks for.
    """

    def __init__(self, size_mib: int = 8) -> None:
        self._size_mib = size_mib
        self._context = ExitStack()

    def __enter__(self) -> Self:
        """Make the disk and mount it."""
        with ExitStack() as made:
            directory = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="loop-disk-")))
            make_ext4(directory / "disk.img", self._size_mib, block_bytes=1024)
            self._device = attach_loop(directory / "disk.img")
            made.callback(detach_loop, self._device)
            self.mount_point = directory / "mounted"
            self.mount_point.mkdir()
            mount_ext4(self._device, self.mount_point)
            made.callback(unmount, self.mount_point)
            self._context = made.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take everything down, whoever has files open there."""
        self._context.close()

    @property
    def _ballast(self) -> Path:
        return self.mount_point / "ballast"

    @property
    def free_bytes(self) -> int:
        """What a program can still write."""
        usage = os.statvfs(self.mount_point)
        return usage.f_bavail * usage.f_frsize

    def fill(self, leaving_bytes: int = 0) -> None:
        """Take all the space there is with a ballast file, and give back `leaving_bytes` of it."""
        with self._ballast.open("ab") as file:
            for step in (1 << 20, 1 << 16, 1 << 10):
                _grow(file.fileno(), step)
            file.truncate(max(0, os.fstat(file.fileno()).st_size - leaving_bytes))
            os.fsync(file.fileno())

    def free(self) -> None:
        """Remove the ballast; its space can be written to at once."""
        self._ballast.unlink()

    def remount_read_only(self) -> None:
        """As an administrator does; raises RuntimeError while a file is open for writing."""
        run("mount", "-o", "remount,ro", str(self.mount_point))

    def give_up(self) -> None:
        """As ext4 itself does after an error of the disk: read-only from now on, whoever has files open."""
        Path("/sys/fs/ext4", Path(self._device).name, "trigger_fs_error").write_text("told to give up")

    def remount_read_write(self) -> None:
        """As an administrator does; after `give_up` that is a new mount.

        Raises RuntimeError if that can't be, as with a file still open after `give_up`.
        """
        try:
            run("mount", "-o", "remount,rw", str(self.mount_point))
        except RuntimeError:
            run("umount", str(self.mount_point))
            mount_ext4(self._device, self.mount_point)


def _grow(file: int, step: int) -> None:
    """Make the file longer by `step` bytes at a time until the disk has no room for them."""
    try:
        while True:
            os.posix_fallocate(file, os.fstat(file).st_size, step)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
