"""What a node's spool has flushed survives a power cut, and what it has not is never sent in part."""

import zlib
from pathlib import Path

import pytest

from imagehub.node.delivery import letter as letters
from imagehub.node.delivery import office
from imagehub.node.delivery.letter import Letter
from imagehub.node.delivery.numbering import Numbering
from imagehub.node.delivery.office import Office
from imagehub.node.delivery.post import Post
from imagehub.node.delivery.spool import Spool
from imagehub.node.delivery.waiting import Limits
from integration.disks.requirements import require_volatile_disk
from integration.disks.volatile_disk import VolatileDisk
from peers import Peer
from posting import NOON, event, number_of, running_office, settings
from running import free_port, until

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


@pytest.mark.parametrize("fault", ["fail_writes", "fail_fsync"])
def test_a_disk_that_dies_under_a_node_takes_no_message_that_memory_holds(fault: str) -> None:
    """The node says so, keeps what comes in memory, and the hub gets all of it, in order, when it is there again."""
    require_volatile_disk()
    port = free_port()
    with VolatileDisk(size_mib=128, seed=5) as disk:
        given = settings(f"tcp://127.0.0.1:{port}", folder=Path(disk.mount_point) / "spool", patience=0.3)
        limits = Limits(messages=5, spill_seconds=0.0)
        with running_office(given, surroundings=office.Surroundings(limits=limits)) as made:
            for number in range(10):
                made.put(event(number))
            until(lambda: made.status().waiting_in_memory == 0, "ten on disk")
            getattr(disk, fault)()
            until(lambda: "can't be written" in (made.status().last_error or put(made)), "the fault")
            with Peer(port=port) as hub:
                until(lambda: made.status().waiting_on_disk == made.status().waiting_in_memory == 0, "the rest")
                texts = list(dict.fromkeys(hub.texts()))
            assert made.status().dropped == 0
    numbers = [number_of(text) for text in texts if "|count|" in text]
    assert numbers[:10] == list(range(10))
    assert numbers[10:] == sorted(numbers[10:])
    assert any("can't be written" in text for text in texts)


def put(made: Office) -> str:
    """Put one more event."""
    made.put(event(1000 + made.status().waiting_on_disk + made.status().waiting_in_memory))
    return ""
