"""An ext4 file system on a disk with a volatile write cache: a power cut takes what no flush made stable."""

import json
import math
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from .mounting import attach_loop, detach_loop, make_ext4, mount_ext4, unmount
from .volatile_cache import BLOCK_BYTES


@dataclass(frozen=True)
class DiskStats:
    """What the disk was asked for since its power came on."""

    writes: int
    written_bytes: int
    fsyncs: int
    failed: int
    """Writes and flushes that were answered with EIO, as told."""
    unsynced_bytes: int
    """What a power cut would take now."""


class VolatileDisk:
    """A disk of `size_mib` MiB, mounted at `mount_point` while the context lasts.

    The kernel's path is the real one: ext4, its journal and its barriers, a block device with a write cache.
    ext4 commits by itself only every `commit_seconds`: its timer hides no flush that a program forgot.
    Needs what `requirements.require_volatile_disk` asks for.
    """

    def __init__(self, size_mib: int = 64, seed: int = 0, commit_seconds: int = 600) -> None:
        self._size_mib = size_mib
        self._random = Random(seed)
        self._options = f"commit={commit_seconds}"
        self._context = ExitStack()
        self._power = ExitStack()

    def __enter__(self) -> Self:
        """Make the disk and mount it."""
        with ExitStack() as made:
            self._lay_out(Path(made.enter_context(tempfile.TemporaryDirectory(prefix="volatile-disk-"))))
            make_ext4(self._image, self._size_mib, BLOCK_BYTES)
            made.callback(self._power_off)
            self._power_on()
            self._context = made.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take everything down; files that a process still has open there answer EIO."""
        self._context.close()

    def cut(self, surviving: float = 0.0) -> DiskStats:
        """Cut the power, and return what the disk had done until then.

        What no flush made stable is gone, but for a share `surviving` (0 to 1) of its blocks, drawn from the
        seed: a disk writes back in any order. From now on whatever reaches the disk fails. The mount stays,
        lest somebody write to the directory below it: end the processes that use it, then `remount`.
        """
        stats = self._order("cut", surviving=surviving, seed=self._random.getrandbits(32))
        self._server.wait()
        return stats

    def remount(self) -> None:
        """Bring the power back without faults, and mount what is stable; `cut` first if it is on."""
        self._power_off()
        self._power_on()

    def fail_fsync(self, times: float = math.inf) -> None:
        """Answer the disk's next `times` flushes with EIO; ext4 then gives up its journal."""
        self._order("fail", kind="fsync", times=times)

    def fail_writes(self, times: float = math.inf) -> None:
        """Answer the disk's next `times` writes with EIO."""
        self._order("fail", kind="write", times=times)

    def stall_fsync(self, seconds: float) -> None:
        """Make each flush from now on take `seconds` longer."""
        self._order("stall", seconds=seconds)

    def heal(self) -> None:
        """End failures and stalls; a file system that gave up stays so until `remount`."""
        self._order("heal")

    def stats(self) -> DiskStats:
        """What the disk was asked for since its power came on; raises RuntimeError while the power is cut."""
        return self._order("stats")

    def _lay_out(self, directory: Path) -> None:
        self._image = directory / "stable.img"
        self._served = directory / "served" / "disk.img"
        self.mount_point = directory / "mounted"
        self._served.parent.mkdir()
        self.mount_point.mkdir()

    def _power_on(self) -> None:
        with ExitStack() as started:
            self._server = started.enter_context(self._start_server())
            started.callback(self._server.kill)
            self._read_answer()
            started.callback(unmount, self._served.parent)
            device = attach_loop(self._served, BLOCK_BYTES)
            started.callback(detach_loop, device)
            mount_ext4(device, self.mount_point, self._options)
            started.callback(unmount, self.mount_point)
            started.callback(self._cut_if_on)
            self._power = started.pop_all()

    def _power_off(self) -> None:
        self._power.close()

    def _cut_if_on(self) -> None:
        if self._server.poll() is None:
            self.cut()

    def _start_server(self) -> subprocess.Popen[str]:
        package = str(__package__)
        command = [sys.executable, "-m", f"{package}.volatile_server", str(self._image), str(self._served)]
        top = Path(__file__).parents[package.count(".") + 1]
        return subprocess.Popen(command, cwd=top, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _order(self, name: str, **arguments: object) -> DiskStats:
        if self._server.poll() is not None:
            raise RuntimeError("the disk has no power: call remount() first")
        print(json.dumps({"order": name, **arguments}), file=self._server.stdin, flush=True)
        return self._read_answer()

    def _read_answer(self) -> DiskStats:
        assert self._server.stdout
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError(f"the disk's server ended with {self._server.wait()}: see its standard error")
        return DiskStats(**json.loads(line))
