"""A disk that is full, read-only or broken: nothing is acknowledged then, and the hub recovers by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagehub import check
from integration.disks.loop_disk import LoopDisk
from integration.disks.requirements import require_loop_disk, require_volatile_disk
from integration.disks.volatile_disk import VolatileDisk
from ledger import digests, picture
from running import Node, RunningHub, until


@pytest.fixture
def small_disk() -> Iterator[LoopDisk]:
    """A real ext4 of 32 MiB."""
    require_loop_disk()
    with LoopDisk(size_mib=32) as disk:
        yield disk


def hub_on(folder: Path, mount_point: Path) -> RunningHub:
    """Start a hub whose data lies on that disk, its sockets elsewhere."""
    hub = RunningHub(folder, data_directory=str(mount_point / "data"), runtime_directory=str(folder / "run"))
    hub.data, hub.runtime = mount_point / "data", folder / "run"
    hub.start()
    return hub


def store_one(hub: RunningHub, number: int) -> str:
    """Send an image of 30 kB and return the reply."""
    with Node(hub.endpoint) as node:
        return node.send("Barn P1|jpg|", picture(0, number, 30_000))


def test_a_full_disk_is_told_and_the_hub_recovers_when_space_returns(tmp_path: Path, small_disk: LoopDisk) -> None:
    """Every message gets NOT STORED disk full, the status says full, and after space returned OK comes again."""
    hub = hub_on(tmp_path, small_disk.mount_point)
    assert store_one(hub, 0) == "OK"
    small_disk.fill()
    with Node(hub.endpoint) as node:
        replies = [node.send("Barn P1|jpg|", picture(0, n, 30_000)) for n in range(1, 20)]
        event = node.send("Barn P1|motion|" + "moving" * 2000)
    assert set(replies) == {"NOT STORED disk full"}
    assert event == "NOT STORED disk full"
    hub.wait_ready("full")
    small_disk.free()
    hub.wait_ready()
    assert store_one(hub, 99) == "OK"
    assert hub.status()["today"]["refused"] == 20
    hub.stop()
    assert set(digests(hub.images())) == set(digests(hub.images()[:1])) | set(digests(hub.images()[-1:]))
    assert check.check(hub.data).differences == []
    told = (hub.data / "logs" / "imagehub.log").read_text() + hub.output()
    assert 1 <= hub.output().count("NOT STORED, disk full") <= 2
    assert "The disk takes images again." in told


def test_a_disk_that_fills_up_by_itself_loses_nothing_acknowledged(tmp_path: Path, small_disk: LoopDisk) -> None:
    """Images until the disk is really full: what got an OK is stored whole, the rest got NOT STORED disk full."""
    hub = hub_on(tmp_path, small_disk.mount_point)
    acknowledged = 0
    with Node(hub.endpoint) as node:
        for number in range(2000):
            reply = node.send("Barn P1|jpg|", picture(0, number, 100_000))
            acknowledged += reply == "OK"
            if reply != "OK":
                break
    assert reply == "NOT STORED disk full"
    hub.stop()
    assert len(hub.images()) == acknowledged > 50
    assert check.check(hub.data).differences == []


def test_a_disk_that_ext4_gave_up_is_told(tmp_path: Path, small_disk: LoopDisk) -> None:
    """After ext4 turned read-only under it, the hub lives and answers NOT STORED; a new mount is stored to again."""
    hub = hub_on(tmp_path, small_disk.mount_point)
    assert store_one(hub, 0) == "OK"
    small_disk.give_up()
    assert store_one(hub, 1).startswith("NOT STORED disk")
    assert store_one(hub, 2).startswith("NOT STORED disk")
    assert hub.status()["state"] in {"full", "unhealthy"}
    hub.stop()
    small_disk.remount_read_write()
    hub.start()
    assert store_one(hub, 3) == "OK"
    hub.stop()
    assert len(hub.images()) == 2
    assert check.check(hub.data).differences == []


def test_a_failed_flush_is_never_acknowledged(tmp_path: Path) -> None:
    """The disk answers EIO to a flush: NOT STORED, unhealthy, and no later flush vouches for those images."""
    require_volatile_disk()
    with VolatileDisk(size_mib=64, seed=5) as disk:
        hub = hub_on(tmp_path, disk.mount_point)
        assert store_one(hub, 0) == "OK"
        disk.fail_fsync()
        reply = store_one(hub, 1)
        assert reply.startswith("NOT STORED disk")
        assert hub.status()["state"] in {"unhealthy", "full"}
        disk.heal()
        assert store_one(hub, 2).startswith("NOT STORED disk")
        hub.stop()
        disk.remount()
        hub.start()
        assert store_one(hub, 3) == "OK"
        hub.stop()
        kept = set(digests(hub.images()))
        assert len(kept) == 2
        assert check.check(hub.data).differences == []


def test_senders_wait_while_a_slow_disk_flushes(tmp_path: Path) -> None:
    """A flush that takes half a second holds the reply back, and drops nothing."""
    require_volatile_disk()
    with VolatileDisk(size_mib=64, seed=6) as disk:
        hub = hub_on(tmp_path, disk.mount_point)
        disk.stall_fsync(0.5)
        assert store_one(hub, 0) == "OK"
        assert until(lambda: hub.status()["ack"]["p99_seconds"] >= 0.5, "the latency in the status")
        disk.stall_fsync(0.0)
        hub.stop()
        assert len(hub.images()) == 1
