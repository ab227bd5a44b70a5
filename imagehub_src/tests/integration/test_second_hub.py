"""What keeps a hub from starting is said at once, and nothing that comes later ends it."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from requirements_here import require
from running import DEADLINE_SECONDS, Node, RunningHub, running_hub, until


def run_to_its_end(hub: RunningHub, *prefix: str) -> tuple[int, str]:
    """Run a hub that can't start; return its exit code and what it says."""
    command = [*prefix, sys.executable, "-m", "imagehub", "run", "--path", str(hub.folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)
    return ended.returncode, ended.stderr


def test_a_data_directory_has_one_hub(tmp_path: Path) -> None:
    """A second hub on the same data ends with 1 and names the first one's process; the first goes on."""
    with running_hub(tmp_path / "first") as first:
        second = RunningHub(tmp_path / "second", data_directory=str(first.data))
        code, said = run_to_its_end(second)
        assert code == 1
        assert said.splitlines()[-1] == (
            f"imagehub: another imagehub (process {first.status()['pid']}) uses the data directory {first.data}; "
            "stop it, or set hub.data_directory to another place"
        )
        with Node(first.endpoint) as node:
            assert node.send("Barn P1|jpg|") == "OK"


def test_a_hub_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    """After SIGKILL to both processes the next hub starts on the same data."""
    with running_hub(tmp_path) as hub:
        assert hub.process is not None
        store = hub.status()["pid"]
        hub.process.kill()
        hub.process.wait()
        until(lambda: not Path(f"/proc/{store}").exists(), "the end of the store process, which lost its front")
        hub.start()
        with Node(hub.endpoint) as node:
            assert node.send("Barn P1|jpg|") == "OK"


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as stream:
        yield int(stream.getsockname()[1])


def test_a_port_in_use_is_named(tmp_path: Path, taken_port: int) -> None:
    """Where another program has the port, the hub ends with 2, names setting and port, and says how to find out."""
    code, said = run_to_its_end(RunningHub(tmp_path, port=taken_port))
    assert code == 2
    last = said.splitlines()[-1]
    assert last.startswith(f"imagehub: hub.port: can't listen on tcp://127.0.0.1:{taken_port}: Address already in use")
    assert "ss -tlnp" in last


def test_a_publish_port_in_use_is_named(tmp_path: Path, taken_port: int) -> None:
    """The same for the port that viewers subscribe to."""
    code, said = run_to_its_end(RunningHub(tmp_path, publish_port=taken_port))
    assert code == 2
    assert f"hub.publish_port: can't listen on tcp://127.0.0.1:{taken_port}" in said.splitlines()[-1]


def test_a_metrics_port_in_use_is_named(tmp_path: Path, taken_port: int) -> None:
    """The same for the port of the metrics."""
    code, said = run_to_its_end(RunningHub(tmp_path, metrics_port=taken_port))
    assert code == 2
    assert f"hub.metrics_port: can't listen on 127.0.0.1:{taken_port}" in said.splitlines()[-1]


def without_rights() -> list[str]:
    """Return what to put before a command so that file modes hold for it even if the tests run as root."""
    if os.geteuid() != 0:
        return []
    require(shutil.which("setpriv"), "setpriv (Debian: util-linux)")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_a_data_directory_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    """Without write access the hub ends with 1, names the folder and the reason, and says what to do."""
    hub = RunningHub(tmp_path)
    hub.data.mkdir(mode=0o555)
    code, said = run_to_its_end(hub, *without_rights())
    assert code == 1
    assert said.splitlines()[-1] == (
        f"imagehub: can't use the data directory {hub.data}: Permission denied; "
        "give this user write access, or set hub.data_directory to another place"
    )


def test_a_file_in_place_of_the_data_directory_is_named(tmp_path: Path) -> None:
    """A file where the data directory should be is said, too, and is left alone."""
    hub = RunningHub(tmp_path)
    hub.data.write_text("somebody's notes")
    code, said = run_to_its_end(hub)
    assert code == 1
    assert said.splitlines()[-1].startswith(f"imagehub: can't use the data directory {hub.data}: ")
    assert hub.data.read_text() == "somebody's notes"


def test_every_fault_of_the_settings_is_said(tmp_path: Path) -> None:
    """A settings file with faults ends the start with 2 and a line for each, none of which is a traceback."""
    hub = RunningHub(tmp_path, port=70_000, durability="maybe", queuemaxx=5, patience=0)
    code, said = run_to_its_end(hub)
    assert code == 2
    lines = said.splitlines()
    assert all(line.startswith(f"imagehub: {tmp_path / 'imagehub.yaml'}:") for line in lines)
    named = {line.split(": ")[2] for line in lines}
    assert named == {"hub.port", "hub.durability", "hub.queuemaxx", "hub.patience"}


def test_a_folder_without_settings_is_said(tmp_path: Path) -> None:
    """A `--path` without settings file ends with 2 and names the file that was looked for."""
    hub = RunningHub(tmp_path)
    (tmp_path / "imagehub.yaml").unlink()
    code, said = run_to_its_end(hub)
    assert code == 2
    assert said.startswith(f"imagehub: {tmp_path / 'imagehub.yaml'}: no such file")


def test_what_goes_wrong_later_does_not_end_the_hub(tmp_path: Path) -> None:
    """Settings that got faults since, found by the next store process: senders wait until they are mended."""
    with running_hub(tmp_path) as hub, Node(hub.endpoint) as node:
        assert hub.process is not None
        assert node.send("Barn P1|jpg|") == "OK"
        sound = (tmp_path / "imagehub.yaml").read_text()
        (tmp_path / "imagehub.yaml").write_text("hub:\n  port: none\n")
        hub.kill_store()
        until(lambda: hub.output().count("hub.port: expected") >= 2, "two store processes that don't like the settings")
        assert hub.process.poll() is None
        (tmp_path / "imagehub.yaml").write_text(sound)
        assert node.send("Barn P1|jpg|") == "OK"
    assert len(hub.images()) == 2


def test_data_that_somebody_else_locks_later_does_not_end_the_hub(tmp_path: Path) -> None:
    """While a store process is replaced another program locks the data: senders wait until it lets go."""
    with running_hub(tmp_path) as hub, Node(hub.endpoint) as node:
        assert hub.process is not None
        assert node.send("Barn P1|jpg|") == "OK"
        with (hub.data / "imagehub.lock").open() as lock:
            hub.kill_store()
            fcntl.flock(lock, fcntl.LOCK_EX)
            until(lambda: "uses the data directory" in hub.output(), "a store process that finds the lock taken")
            assert hub.process.poll() is None
        assert node.send("Barn P1|jpg|") == "OK"
    assert len(hub.images()) == 2
