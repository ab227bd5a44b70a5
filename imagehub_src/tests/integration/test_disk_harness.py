"""The disks that other tests lean on do what they say: a cut takes what was not flushed, and nothing else."""

import ctypes
import errno
import mmap
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path

import pytest

from integration.disks.loop_disk import LoopDisk
from integration.disks.requirements import require_loop_disk, require_volatile_disk
from integration.disks.volatile_cache import BLOCK_BYTES, VolatileCache
from integration.disks.volatile_disk import VolatileDisk

CONTENT = bytes(range(256)) * 400  # some 100 kB, not whole blocks


@pytest.fixture
def disk() -> Iterator[VolatileDisk]:
    """A disk with a volatile write cache."""
    require_volatile_disk()
    with VolatileDisk(size_mib=32, seed=1) as disk:
        yield disk


@pytest.fixture
def small_disk() -> Iterator[LoopDisk]:
    """A disk of 8 MiB."""
    require_loop_disk()
    with LoopDisk(size_mib=8) as disk:
        yield disk


def fsync(path: Path) -> None:
    """Flush one file or directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def syncfs(path: Path) -> None:
    """Flush the file system that holds `path`."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if libc.syncfs(descriptor):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(descriptor)


def write_and_flush(file: FileIO) -> None:
    """Append to an open file, and flush it."""
    file.write(CONTENT)
    os.fsync(file.fileno())


@contextmanager
def fails_with(*numbers: int) -> Iterator[None]:
    """Expect an OSError with one of these error numbers."""
    with pytest.raises(OSError, match="|".join(map(os.strerror, numbers))):
        yield


def write_past_the_page_cache(path: Path, content: bytes) -> None:
    """Hand whole blocks to the disk without asking it to flush."""
    with mmap.mmap(-1, len(content)) as aligned:
        aligned.write(content)
        descriptor = os.open(path, os.O_WRONLY | os.O_DIRECT)
        try:
            assert os.write(descriptor, aligned) == len(content)
        finally:
            os.close(descriptor)


def power_cycle(disk: VolatileDisk, surviving: float = 0.0) -> None:
    """Cut the power and bring it back."""
    disk.cut(surviving)
    disk.remount()


def is_in_use(directory: Path) -> bool:
    """Whether something in `directory` is mounted, or is the backing file of a loop device."""
    backing_files = [file.read_text() for file in Path("/sys/block").glob("loop*/loop/backing_file")]
    return str(directory) in "".join([Path("/proc/mounts").read_text(), *backing_files])


def becomes_true(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Poll `condition` until it holds or the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


both_flushes = pytest.mark.parametrize("flush", [fsync, syncfs])


@both_flushes
def test_what_is_flushed_survives_a_power_cut(disk: VolatileDisk, flush: Callable[[Path], None]) -> None:
    """A new file that was flushed has its name and its bytes after the cut."""
    file = disk.mount_point / "flushed"
    file.write_bytes(CONTENT)
    flush(file)

    power_cycle(disk)

    assert file.read_bytes() == CONTENT


def test_a_flushed_directory_keeps_its_entries(disk: VolatileDisk) -> None:
    """A name that a flushed file was given is there after the cut once its directory is flushed."""
    (disk.mount_point / "folder").mkdir()
    file = disk.mount_point / "folder" / "new name"
    file.with_name("old name").write_bytes(CONTENT)
    fsync(file.with_name("old name"))
    file.with_name("old name").rename(file)
    fsync(file.parent)

    power_cycle(disk)

    assert [path.name for path in file.parent.iterdir()] == ["new name"]
    assert file.read_bytes() == CONTENT


def test_what_is_not_flushed_is_gone_after_a_power_cut(disk: VolatileDisk) -> None:
    """Without a flush neither a new file nor a new name survives: the cut really takes something."""
    kept = disk.mount_point / "kept"
    kept.write_bytes(CONTENT)
    syncfs(kept)
    (disk.mount_point / "lost").write_bytes(CONTENT)
    kept.rename(disk.mount_point / "lost name")

    power_cycle(disk)

    assert {path.name for path in disk.mount_point.iterdir()} == {"kept", "lost+found"}
    assert kept.read_bytes() == CONTENT


def test_bytes_in_the_disk_cache_are_gone_after_a_power_cut(disk: VolatileDisk) -> None:
    """What the kernel wrote to the disk but never flushed is lost by the disk itself."""
    old, new = b"o" * 16 * BLOCK_BYTES, b"n" * 16 * BLOCK_BYTES
    file = disk.mount_point / "file"
    file.write_bytes(old)
    syncfs(file)
    write_past_the_page_cache(file, new)
    assert file.read_bytes() == new
    assert disk.stats().unsynced_bytes >= len(new)

    power_cycle(disk)

    assert file.read_bytes() == old


def test_a_share_of_the_unflushed_blocks_can_survive(disk: VolatileDisk) -> None:
    """A disk that writes back in any order leaves whole blocks of the old and of the new."""
    file = disk.mount_point / "file"
    file.write_bytes(b"o" * 64 * BLOCK_BYTES)
    syncfs(file)
    write_past_the_page_cache(file, b"n" * 64 * BLOCK_BYTES)

    power_cycle(disk, surviving=0.5)

    content = file.read_bytes()
    blocks = [content[start : start + BLOCK_BYTES] for start in range(0, len(content), BLOCK_BYTES)]
    assert len(blocks) == 64
    assert set(blocks) == {b"o" * BLOCK_BYTES, b"n" * BLOCK_BYTES}


def test_equal_seeds_let_the_same_blocks_survive(tmp_path: Path) -> None:
    """A cut can be repeated exactly, and another seed makes another cut."""

    def left_by(seed: int) -> bytes:
        image = tmp_path / "image"
        image.write_bytes(bytes(64 * BLOCK_BYTES))
        with image.open("r+b", buffering=0) as stable:
            cache = VolatileCache(stable.fileno())
            cache.write(b"n" * 64 * BLOCK_BYTES, 0)
            cache.cut(0.5, seed)
        return image.read_bytes()

    assert left_by(1) == left_by(1) != left_by(2)


@both_flushes
def test_a_flush_reaches_the_disk(disk: VolatileDisk, flush: Callable[[Path], None]) -> None:
    """Flushing a new file makes ext4 and the loop device flush the disk."""
    file = disk.mount_point / "file"
    file.write_bytes(CONTENT)
    before = disk.stats()
    flush(file)
    after = disk.stats()

    assert after.fsyncs > before.fsyncs
    assert after.written_bytes - before.written_bytes >= len(CONTENT)


def test_nothing_succeeds_between_the_cut_and_the_remount(disk: VolatileDisk) -> None:
    """A process that goes on after the cut can't take anything for stable, before or after the remount."""
    with (disk.mount_point / "held").open("wb", buffering=0) as held:
        disk.cut()
        for _ in range(3):
            with fails_with(errno.EIO, errno.EROFS):
                write_and_flush(held)
            with fails_with(errno.EIO, errno.EROFS):
                syncfs(disk.mount_point)
        disk.remount()
        with fails_with(errno.EIO, errno.EROFS):
            write_and_flush(held)
    syncfs(disk.mount_point)


@both_flushes
def test_a_flush_that_the_disk_fails_is_reported(disk: VolatileDisk, flush: Callable[[Path], None]) -> None:
    """EIO from the disk's flush is EIO for the program, and only a remount gives a file system that works."""
    file = disk.mount_point / "file"
    file.write_bytes(CONTENT)
    disk.fail_fsync()
    with fails_with(errno.EIO):
        flush(file)
    assert disk.stats().failed >= 1
    disk.heal()
    with fails_with(errno.EROFS):
        file.write_bytes(CONTENT)

    disk.remount()
    file.write_bytes(CONTENT)
    flush(file)


def test_a_flush_that_succeeds_after_a_failed_one_proves_nothing(disk: VolatileDisk) -> None:
    """After one failed write the first fsync says so, the second succeeds, and the bytes are lost."""
    file = disk.mount_point / "file"
    file.write_bytes(CONTENT)
    disk.fail_writes(times=1)
    with fails_with(errno.EIO):
        fsync(file)
    fsync(file)

    power_cycle(disk)

    assert file.read_bytes() != CONTENT


def test_a_stalled_disk_is_slow_until_it_heals(disk: VolatileDisk) -> None:
    """A flush takes the time that was asked for, and none of it after `heal`."""
    file = disk.mount_point / "file"
    file.write_bytes(CONTENT)
    disk.stall_fsync(seconds=0.2)
    started = time.monotonic()
    fsync(file)
    assert time.monotonic() - started >= 0.2

    disk.stall_fsync(seconds=3600)
    file.write_bytes(CONTENT[::-1])
    flushing = threading.Thread(target=fsync, args=[file])
    flushing.start()
    assert becomes_true(lambda: disk.stats().unsynced_bytes >= len(CONTENT))
    disk.heal()
    flushing.join(timeout=10)
    assert not flushing.is_alive()


def test_a_cut_ends_a_stalled_flush(disk: VolatileDisk) -> None:
    """Whoever waits for a stalled disk is told at the cut that the flush failed."""
    file = disk.mount_point / "file"
    file.write_bytes(CONTENT)
    disk.stall_fsync(seconds=3600)
    errors: list[OSError] = []

    def flush() -> None:
        try:
            fsync(file)
        except OSError as error:
            errors.append(error)

    flushing = threading.Thread(target=flush)
    flushing.start()
    assert becomes_true(lambda: disk.stats().unsynced_bytes >= len(CONTENT))
    disk.cut()
    flushing.join(timeout=10)
    assert [error.errno for error in errors] == [errno.EIO]


def test_a_disk_without_power_says_so(disk: VolatileDisk) -> None:
    """An order between cut and remount is refused with the way out."""
    disk.cut()
    with pytest.raises(RuntimeError, match="remount"):
        disk.stats()


def test_nothing_of_a_volatile_disk_stays() -> None:
    """Mounts, loop device and files are gone though a file outlived a broken disk."""
    require_volatile_disk()
    with ExitStack() as held, VolatileDisk(size_mib=32) as disk:
        held.enter_context((disk.mount_point / "file").open("wb"))
        disk.fail_fsync()
        disk.stall_fsync(seconds=3600)
    directory = disk.mount_point.parent
    assert becomes_true(lambda: not is_in_use(directory))
    assert not directory.exists()


def test_a_full_disk_refuses_and_works_again_once_it_has_room(small_disk: LoopDisk) -> None:
    """`fill` leaves no room for a single byte, `free` gives all of it back."""
    room = small_disk.free_bytes
    file = small_disk.mount_point / "file"
    small_disk.fill()
    with fails_with(errno.ENOSPC):
        file.write_bytes(b"x")

    small_disk.free()
    file.write_bytes(CONTENT)
    fsync(file)
    assert file.read_bytes() == CONTENT
    assert small_disk.free_bytes > room - 2 * len(CONTENT)


def test_a_nearly_full_disk_has_the_room_that_was_left(small_disk: LoopDisk) -> None:
    """`fill(leaving_bytes)` leaves room for that much, ext4's own part included, and for no more."""
    small_disk.fill(leaving_bytes=2 * len(CONTENT))
    (small_disk.mount_point / "first").write_bytes(CONTENT)
    syncfs(small_disk.mount_point)
    with fails_with(errno.ENOSPC):
        (small_disk.mount_point / "second").write_bytes(2 * CONTENT)


def test_a_read_only_disk_refuses_until_it_is_writable(small_disk: LoopDisk) -> None:
    """Between the two remounts nothing can be written, afterwards all is as before."""
    file = small_disk.mount_point / "file"
    file.write_bytes(CONTENT)
    small_disk.remount_read_only()
    with fails_with(errno.EROFS):
        file.write_bytes(b"")

    small_disk.remount_read_write()
    file.write_bytes(file.read_bytes() + CONTENT)
    assert file.read_bytes() == CONTENT + CONTENT


def test_a_disk_that_gave_up_is_read_only_for_open_files_too(small_disk: LoopDisk) -> None:
    """An administrator can't make a disk read-only under an open file, an error can; a new mount mends it."""
    file = small_disk.mount_point / "file"
    with file.open("wb", buffering=0) as held:
        with pytest.raises(RuntimeError, match="busy"):
            small_disk.remount_read_only()
        small_disk.give_up()
        with fails_with(errno.EIO, errno.EROFS):
            write_and_flush(held)
        with pytest.raises(RuntimeError, match="busy"):
            small_disk.remount_read_write()

    small_disk.remount_read_write()
    file.write_bytes(CONTENT)
    fsync(file)


def test_nothing_of_a_small_disk_stays() -> None:
    """Mount, loop device and files are gone though a file outlived a full disk."""
    require_loop_disk()
    with ExitStack() as held, LoopDisk() as disk:
        held.enter_context((disk.mount_point / "file").open("wb"))
        disk.fill()
    directory = disk.mount_point.parent
    assert becomes_true(lambda: not is_in_use(directory))
    assert not directory.exists()
