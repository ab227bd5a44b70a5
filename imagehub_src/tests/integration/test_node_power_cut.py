"""What a node's spool has flushed survives a power cut, and what it has not is never sent in part."""

import zlib
from pathlib import Path

import pytest

from imagehub.node.delivery import letter as letters
from imagehub.node.delivery.letter import Letter
from imagehub.node.delivery.numbering import Numbering
from imagehub.node.delivery.post import Post
from imagehub.node.delivery.spool import Spool
from integration.disks.requirements import require_volatile_disk
from integration.disks.volatile_disk import VolatileDisk
from posting import NOON

FLUSHED, UNFLUSHED = 40, 40


def post(number: int) -> Post:
    """Return a picture of 30 kB that no other one equals."""
    return Post(f"Barn P1|jpg|{number}", bytes(f"{zlib.crc32(b'%d' % number):08x}" * 3750, "ascii"), NOON)


def write(spool: Spool, numbers: range) -> None:
    """Write pictures into the spool."""
    for number in numbers:
        data = letters.encode(Letter(number, f"a.b-{number}", post(number)))
        spool.write(number, data)
        spool.admit(number, len(data))


def after_the_cut(disk: VolatileDisk, surviving: float, flush: bool) -> tuple[dict[int, Post], list[str]]:
    """Write, flush, write more, cut the power; return what the next start reads, and what it calls damaged."""
    folder = Path(disk.mount_point) / "node" / "spool"
    folder.parent.mkdir()
    before = Spool(folder, 1 << 30)
    before.open()
    write(before, range(1, FLUSHED + 1))
    if flush:
        before.flush()
    write(before, range(FLUSHED + 1, FLUSHED + UNFLUSHED + 1))
    disk.cut(surviving=surviving)
    before.close()
    disk.remount()
    after = Spool(folder, 1 << 30)
    Numbering().open(folder, after.open())
    read = {}
    while (number := after.oldest()) is not None:
        letter = after.read(number)
        if letter is not None:
            read[number] = letter.post
        after.forget(number)
    after.close()
    return read, after.damaged


@pytest.mark.parametrize(("seed", "surviving"), [(1, 0.0), (2, 0.5), (3, 0.9)])
def test_what_was_flushed_survives_and_nothing_comes_back_in_part(seed: int, surviving: float) -> None:
    """A second's pictures may be missing or damaged; none of the others, and no picture is another one."""
    require_volatile_disk()
    with VolatileDisk(size_mib=64, seed=seed) as disk:
        read, _ = after_the_cut(disk, surviving, flush=True)
    assert set(range(1, FLUSHED + 1)) <= set(read)
    assert all(found == post(number) for number, found in read.items())


def test_the_cut_is_real() -> None:
    """Negative control: without the flush the same cut takes pictures."""
    require_volatile_disk()
    with VolatileDisk(size_mib=64, seed=1) as disk:
        read, _ = after_the_cut(disk, 0.0, flush=False)
    assert len(read) < FLUSHED
