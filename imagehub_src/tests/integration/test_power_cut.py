"""A power cut takes nothing that was acknowledged: proven on an ext4 whose unflushed writes really vanish."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagehub import check
from imagehub.journal import FOLDER as JOURNAL
from imagehub.journal import read
from integration.disks.requirements import require_volatile_disk
from integration.disks.volatile_disk import VolatileDisk
from ledger import Ledger, digests
from running import RunningHub, until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(params=[(1, 0.0), (2, 0.5), (3, 0.9)], ids=["nothing", "half", "most"])
def disk(request: pytest.FixtureRequest) -> Iterator[VolatileDisk]:
    """A disk with a volatile write cache; of its unflushed blocks none, half or most survive the cut."""
    require_volatile_disk()
    seed, surviving = request.param
    with VolatileDisk(size_mib=256, seed=seed) as disk:
        disk.surviving = surviving  # type: ignore[attr-defined]
        yield disk


def send_until_power_cut(disk: VolatileDisk, folder: Path, **settings: Any) -> tuple[RunningHub, Ledger]:
    """Let eight stock senders send, cut the power under them, end the hub, and bring the disk back."""
    hub = RunningHub(folder, data_directory=str(disk.mount_point / "data"), **settings)
    hub.data = disk.mount_point / "data"
    hub.runtime = folder / "run"
    hub.start()
    assert hub.process is not None
    ledger = Ledger(hub.endpoint, senders=8, rate=0.0, size=30_000)
    ledger.start()
    ledger.wait_for(400)
    store = int(hub.status()["pid"])
    disk.cut(surviving=disk.surviving)  # type: ignore[attr-defined]
    hub.process.kill()
    os.kill(store, signal.SIGKILL)
    hub.process.wait()
    until(lambda: not Path(f"/proc/{store}").exists(), "the end of the store process")
    disk.remount()
    return hub, ledger


def test_every_acknowledged_image_survives_a_power_cut(disk: VolatileDisk, tmp_path: Path) -> None:
    """After the cut each image that got an OK is there, byte for byte, before and after recovery."""
    hub, ledger = send_until_power_cut(disk, tmp_path, runtime_directory=str(tmp_path / "run"))
    assert ledger.acknowledged() <= set(digests(hub.images()))
    hub.start()
    assert ledger.acknowledged() <= set(digests(hub.images()))
    assert hub.stop() == 0
    journaled = {entry["path"] for entry, _ in read(hub.data / JOURNAL) if entry["kind"] == "image"}
    assert {path.relative_to(hub.data).as_posix() for path in hub.images()} == journaled
    assert check.check(hub.data).differences == []


def test_the_cut_is_real(tmp_path: Path) -> None:
    """Negative control: with `durability: written` nothing is flushed, and the same cut loses acknowledged images."""
    require_volatile_disk()
    with VolatileDisk(size_mib=256, seed=4) as disk:
        disk.surviving = 0.0  # type: ignore[attr-defined]
        hub, ledger = send_until_power_cut(
            disk, tmp_path, durability="written", runtime_directory=str(tmp_path / "run")
        )
        lost = ledger.acknowledged() - set(digests(hub.images()))
        assert len(lost) > 100
