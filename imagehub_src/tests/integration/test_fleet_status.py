"""devops/scripts/status shows every hub of a site, through the real Ansible."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from requirements_here import require
from running import Node, RunningHub, free_port, running_hub

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "devops" / "scripts" / "status"
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


@pytest.fixture(autouse=True)
def _ansible() -> None:
    require((ROOT / ".venv/bin/ansible").exists() or shutil.which("ansible"), "no ansible (./run control)")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub with two images of one node and an event of another."""
    with running_hub(tmp_path_factory.mktemp("hub")) as hub, Node(hub.endpoint) as node:
        for text in ("Barn P1|jpg|", "Barn P2|jpg|", "Porch|motion|moving"):
            assert node.send(text) == "OK"
        assert node.send("Barn P1|jpg|", b"GIF89a").startswith("NOT STORED")
        yield hub


def asks(folder: Path) -> str:
    """Return the command that stands for the one on a deployed node."""
    return f"{sys.executable} -m imagehub status --json --path {folder}"


def inventory(folder: Path, **hosts: dict[str, Any]) -> Path:
    """Write an inventory of datasinks."""
    path = folder / "inventory.yaml"
    path.write_text(yaml.safe_dump({"all": {"children": {"datasinks": {"hosts": hosts}}}}))
    return path


def status(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def rows(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return the lines of the table, by their first word."""
    return {line.split()[0]: line for line in done.stdout.splitlines()}


def test_a_hub_that_is_well_is_a_row_with_its_figures(tmp_path: Path, hub: RunningHub) -> None:
    """Version, state, nodes, what came today and what was refused, and exit code 0."""
    hosts = inventory(tmp_path, data1={**LOCAL, "imagehub_status_command": asks(hub.folder)})
    done = status("-i", hosts)
    assert done.returncode == 0, done.stdout + done.stderr
    cells = rows(done)["data1"].split()
    assert cells[:3] == ["data1", hub.status()["version"], "ready"]
    assert cells[5:9] == ["2", "2", "1", "1"]
    assert cells[-1] == "GiB"
    assert set(rows(done)) == {"HOST", "data1"}


def test_a_host_that_does_not_answer_is_a_row_with_the_reason(tmp_path: Path, hub: RunningHub) -> None:
    """It hides no other host, and the exit code tells."""
    away = {"ansible_host": "127.0.0.1", "ansible_port": free_port()}
    hosts = inventory(tmp_path, away=away, data1={**LOCAL, "imagehub_status_command": asks(hub.folder)})
    done = status("-i", hosts)
    assert done.returncode == 1
    assert "no answer: " in rows(done)["away"]
    assert "Connection refused" in rows(done)["away"]
    assert " ready " in rows(done)["data1"]


def test_a_limit_asks_those_hosts_alone(tmp_path: Path, hub: RunningHub) -> None:
    """A host that is not asked is no fault."""
    away = {"ansible_host": "127.0.0.1", "ansible_port": free_port()}
    hosts = inventory(tmp_path, away=away, data1={**LOCAL, "imagehub_status_command": asks(hub.folder)})
    done = status("-i", hosts, "--limit", "data1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(rows(done)) == {"HOST", "data1"}


def test_a_hub_that_is_stopped_is_told_in_the_hubs_own_words(tmp_path: Path) -> None:
    """What the command on the node complains of is the reason."""
    (tmp_path / "imagehub.yaml").write_text("hub:\n")
    hosts = inventory(tmp_path, data1={**LOCAL, "imagehub_status_command": asks(tmp_path)})
    done = status("-i", hosts)
    assert done.returncode == 1
    assert "no hub answers" in rows(done)["data1"]


def test_a_hub_that_stores_nothing_is_told_with_its_reason(tmp_path: Path, hub: RunningHub) -> None:
    """A full disk is in the table, and in the exit code; --command says what to ask instead."""
    path = tmp_path / "status.json"
    path.write_text(json.dumps(hub.status() | {"state": "full", "reason": "disk full"}))
    done = status("-i", inventory(tmp_path, data1=LOCAL), "--command", f"cat {path}")
    assert done.returncode == 1
    assert "full: disk full" in rows(done)["data1"]


@pytest.mark.parametrize(
    ("command", "reason"), [("echo hello", "printed no status"), ("nonesuch", "is imagehub deployed")]
)
def test_a_node_without_imagehub_is_told(tmp_path: Path, command: str, reason: str) -> None:
    """Whatever the node prints instead of a status, there is a row for it."""
    done = status("-i", inventory(tmp_path, data1=LOCAL), "--command", command)
    assert done.returncode == 1
    assert reason in rows(done)["data1"]


def test_an_inventory_without_datasinks_is_an_error(tmp_path: Path) -> None:
    """Nobody was asked, so nothing is said to be well."""
    path = tmp_path / "inventory.yaml"
    path.write_text("all: {hosts: {}}\n")
    done = status("-i", path)
    assert done.returncode == 2
    assert "nobody was asked" in done.stderr
