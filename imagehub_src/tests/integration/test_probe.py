"""The probe says whether a hub answers its senders, as deployments and monitors ask."""

import subprocess
import sys
from pathlib import Path

import pytest

from imagehub import keys
from running import RunningHub, running_hub


def probe(hub: RunningHub, seconds: float = 5) -> subprocess.CompletedProcess[str]:
    """Run the command on a hub's settings."""
    command = [sys.executable, "-m", "imagehub", "probe", "--path", str(hub.folder), "--seconds", str(seconds)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_hub_that_stores_answers(tmp_path: Path) -> None:
    """One line says where, how fast and who; nothing is stored for it."""
    with running_hub(tmp_path) as hub:
        done = probe(hub)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"tcp://127.0.0.1:{hub.port} answered OK in ")
        assert ", ready, " in done.stdout
        assert hub.images() == []


def test_where_no_hub_runs_it_says_so_in_time(tmp_path: Path) -> None:
    """Exit code 1, and what to look at."""
    hub = RunningHub(tmp_path)
    done = probe(hub, seconds=0.3)
    assert done.returncode == 1
    assert "no OK within 0.3 s: no hub answers at" in done.stderr


def test_a_hub_that_admits_nobody_from_here_is_found_out(tmp_path: Path) -> None:
    """A hub that is alive but lets no sender in is no success."""
    with running_hub(tmp_path, allow_addresses=["192.0.2.1"]) as hub:
        done = probe(hub, seconds=0.5)
    assert done.returncode == 1
    assert "answered nothing; see allow_addresses" in done.stderr


@pytest.mark.parametrize("has_pair", [True, False])
def test_a_hub_with_curve_is_probed_with_a_pair_of_its_own(tmp_path: Path, has_pair: bool) -> None:
    """The pair `probe` in the keys directory gets in; without it the error says how to make it."""
    directory = tmp_path / "keys"
    keys.new("hub", directory)
    if has_pair:
        keys.new("probe", directory)
    hub = RunningHub(tmp_path, curve_keys_directory=str(directory))
    hub.process = hub.spawn()
    try:
        done = probe(hub, seconds=10 if has_pair else 2)
    finally:
        hub.stop()
    assert (done.returncode == 0) == has_pair
    assert has_pair or "imagehub keys new probe --directory" in done.stderr
