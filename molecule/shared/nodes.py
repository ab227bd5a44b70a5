"""What the tests of all scenarios share: nodes to look into, playbooks to run, and what a site calls things."""

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import testinfra
from testinfra.host import Host

PROJECT = Path(__file__).parents[2]
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


@dataclass(frozen=True)
class Site:
    """What a scenario calls things; the defaults are the role's."""

    service: str = "imagehub"
    user: str = "ops"
    port: int = 5555
    install: str = "/home/ops/imagehub"
    config: str = "/home/ops/imagehub.yaml"
    data: str = "/home/ops/sentinelcam/imagehub"
    python: str = "/home/ops/.opencv/bin/python"
    bind: str = "0.0.0.0"


def site() -> Site:
    """Return this scenario's, from `names.json` beside its molecule.yml."""
    path = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "names.json"
    return Site(**json.loads(path.read_text())) if path.exists() else Site()


def node(name: str) -> Host:
    """Return a node of this scenario, reached through its container: quicker than through Ansible."""
    return testinfra.get_host(f"{os.environ['MOLECULE_ENGINE']}://{name}")


@dataclass(frozen=True)
class Played:
    """What a playbook did: its exit code, the tasks that changed something, and all that it printed."""

    status: int
    changed: list[str]
    output: str


@dataclass
class _Reading:
    task: str = ""
    changed: list[str] = field(default_factory=list)


def play(*words: str, playbook: str = "molecule/shared/converge.yml") -> Played:
    """Run a playbook on this scenario's nodes."""
    inventory = os.environ["MOLECULE_INVENTORY_FILE"]
    command = ["ansible-playbook", "-i", inventory, str(PROJECT / playbook), *words]
    plain = os.environ | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, env=plain)
    reading = _Reading()
    for line in done.stdout.splitlines():
        if match := re.match(r"(?:TASK|RUNNING HANDLER) \[(?:\S+ : )?(.*?)\] \*", line):
            reading.task = match[1]
        elif line.startswith("changed: ") and reading.task not in reading.changed[-1:]:
            reading.changed.append(reading.task)
    return Played(done.returncode, reading.changed, done.stdout + done.stderr)


def until(probe: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Return as soon as `probe` is true; fail after the deadline, saying what never came."""
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        threading.Event().wait(0.1)


def mend_nothing(played: Played) -> None:
    """Fail unless the playbook went through and changed nothing."""
    assert played.status == 0, played.output
    assert played.changed == [], played.output
