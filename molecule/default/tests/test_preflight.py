"""What would go wrong is told before anything is touched, with what to set."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from nodes import Site, play
from testinfra.host import Host


def refused(**variables: Any) -> str:
    """Run the playbook with these variables, which must fail without a change, and return what it says."""
    played = play("--extra-vars", json.dumps(variables))
    assert played.status != 0
    assert not {"Write the settings", "Point at the release, in one step"} & set(played.changed)
    return " ".join(played.output.split())


@pytest.fixture
def busy_port(datasink: Host) -> Iterator[int]:
    """A port of the node where another service listens."""
    datasink.check_output("systemd-run --unit=other --quiet python3 -m http.server 5599")
    datasink.check_output("timeout 10 bash -c 'until (</dev/tcp/127.0.0.1/5599) 2>/dev/null; do :; done'")
    yield 5599
    datasink.check_output("systemctl stop other")


def test_a_port_in_use_is_named_with_its_user(busy_port: int) -> None:
    """Not the hub's own: that is no obstacle, as every other run shows."""
    said = refused(sentinelcam_ports={"imagehub_zmq": busy_port})
    assert f"Port {busy_port} is in use by: " in said
    assert f"-m http.server {busy_port} Stop that, or set" in said


def test_too_little_space_is_told_in_megabytes() -> None:
    """With the variable that says how much is wanted."""
    assert "fewer than imagehub_min_free_mb (100000000)" in refused(imagehub_min_free_mb=100_000_000)


def test_a_python_that_is_too_old_is_told_with_its_version(datasink: Host) -> None:
    """And with the variable that names another."""
    datasink.check_output(
        "printf '#!/bin/sh\\necho 3.9\\n' > /usr/local/bin/python3.9 && chmod +x /usr/local/bin/python3.9"
    )
    said = refused(sentinelcam_base_python="/usr/local/bin/python3.9")
    assert "imagehub wants Python 3.11 to 3.13; /usr/local/bin/python3.9 is 3.9" in said


def test_a_value_of_the_wrong_type_is_told_by_its_name() -> None:
    """By the role's own specification of its variables."""
    said = refused(imagehub_durability="sometimes")
    assert "imagehub_durability" in said
    assert "synced, written" in said


def test_a_part_alone_wants_a_deployment(datasink: Host, site: Site) -> None:
    """`--tags deploy` on a node without an environment says what to run first."""
    played = play(
        "--tags", "deploy", "--extra-vars", json.dumps({"sentinelcam_services": {"python_executable": "/nope"}})
    )
    assert played.status != 0
    assert "/nope is not there. Run the playbook without --tags first" in " ".join(played.output.split())
