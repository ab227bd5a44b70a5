"""What a disk with a volatile write cache holds, and what a power cut leaves of it."""

import errno
import os
from random import Random

BLOCK_BYTES = 4096


class VolatileCache:
    """A stable image, and above it the blocks that were written since the last flush.

    Reads see what was written last, flushed or not. Writes are whole blocks of `BLOCK_BYTES`, which is what a
    disk with 4 KiB sectors receives, and what it never tears.
    """

    def __init__(self, stable: int) -> None:
        """Keep flushed blocks in the open file `stable`, which stays the caller's to close."""
        self._stable = stable
        self._unsynced: dict[int, bytes] = {}

    @property
    def unsynced_bytes(self) -> int:
        """How many bytes a power cut would lose now."""
        return len(self._unsynced) * BLOCK_BYTES

    def write(self, data: bytes, offset: int) -> None:
        """Keep `data` in memory only; raises OSError (EINVAL) unless it is whole blocks."""
        if offset % BLOCK_BYTES or len(data) % BLOCK_BYTES:
            raise OSError(errno.EINVAL, f"not whole blocks: {len(data)} bytes at {offset}")
        for start in range(0, len(data), BLOCK_BYTES):
            self._unsynced[offset + start] = data[start : start + BLOCK_BYTES]

    def read(self, size: int, offset: int) -> bytes:
        """What was written last, flushed or not."""
        content = bytearray(os.pread(self._stable, size, offset))
        for start in range(-offset % BLOCK_BYTES, len(content), BLOCK_BYTES):
            block = self._unsynced.get(offset + start)
            if block is not None:
                content[start : start + BLOCK_BYTES] = block
        return bytes(content)

    def flush(self) -> None:
        """Make everything written so far stable."""
        self._persist(list(self._unsynced))

    def cut(self, surviving: float, seed: int) -> None:
        """Forget what was not flushed, but for a share of its blocks, drawn from `seed`, that becomes stable.

        Disks write their cache back in any order, before they are told to: at 0.5, half of it got there.
        """
        draw = Random(seed)
        self._persist([offset for offset in sorted(self._unsynced) if draw.random() < surviving])
        self._unsynced.clear()

    def _persist(self, offsets: list[int]) -> None:
        for offset in offsets:
            os.pwrite(self._stable, self._unsynced.pop(offset), offset)
