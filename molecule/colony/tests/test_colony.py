"""A conductor and three agents on machines of their own: what they record belongs together, and is proven to."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from nodes import mend_nothing, node, play, until
from sandbox import assert_nobody_in_particular, assert_rated_low, assert_writes
from testinfra.host import Host

CONVERGE = "molecule/colony/converge.yml"
AGENTS = {"colony-one": "camera_one", "colony-two": "camera_two", "colony-three": "camera_three"}
RECORDINGS = "/home/ops/sentinelcam/recordings"
SESSIONS = "/root/recordings"
KEYS = "/etc/colony/conductor-keys"


def settings(name: str, keys: str = KEYS) -> str:
    """Return a conductor's settings for all three cameras."""
    cameras = "".join(
        f'    [[{camera}]]\n        address = "{host}"\n        framerate = 20\n        resolution = (320, 240)\n'
        "        ttl_in_pin = -1\n        ttl_out_pin = -1\n"
        for host, camera in AGENTS.items()
    )
    # All nodes have the clock of one machine; what a container does to packets is not what a switch does.
    limits = f'    max_clock_offset_seconds = 0.05\n    session_path = "{SESSIONS}"\n'
    return (
        f'[general]\n    acquisition_name = "trial__{name}"\n{limits}'
        f'[control]\n    keys_directory = "{keys}"\n[controllers]\n{cameras}'
    )


@pytest.fixture
def lab() -> Host:
    """The machine that conducts."""
    return node("colony-lab")


def configured(lab: Host, name: str, keys: str = KEYS) -> str:
    """Write the settings of a recording, and return the file's name."""
    path = f"/root/{name}.config"
    lab.check_output(f"cat > {path} <<'END'\n{settings(name, keys)}END")
    return path


def report(lab: Host, name: str) -> dict[str, Any]:
    """Return the audit of a recording."""
    found: dict[str, Any] = json.loads(lab.check_output(f"cat {SESSIONS}/trial/trial__{name}/report.json"))
    return found


@pytest.fixture
def third() -> Iterator[Host]:
    """The third camera's machine, whose agent is started again after the test."""
    three = node("colony-three")
    yield three
    three.check_output("systemctl start colony-agent@camera_three")


@pytest.mark.parametrize(("host", "camera"), AGENTS.items())
def test_agents_run_now_and_at_each_boot_as_nobody_in_particular(host: str, camera: str) -> None:
    """On Debian 12 and 13: own account, no capability, and nothing to write in but the folder of recordings."""
    machine, unit = node(host), f"colony-agent@{camera}"
    assert machine.service(unit).is_running
    assert machine.service(unit).is_enabled
    assert_nobody_in_particular(machine, unit, "ops")
    assert_writes(machine, unit, [RECORDINGS], ["/usr", "/etc", "/var", "/home/ops", "/home/ops/imagenode"])
    assert_rated_low(machine, unit, most=2.0)


def test_the_conductor_sees_all_cameras(lab: Host) -> None:
    """By name, and idle."""
    shown = lab.check_output(f"colony status --config {configured(lab, 'status')}")
    for camera in AGENTS.values():
        assert camera in shown
    assert shown.count("idle") == len(AGENTS)


def test_a_recording_of_three_machines_passes_its_audit(lab: Host) -> None:
    """Every frame of every camera is in its file, they start together, and the files are at the conductor."""
    config = configured(lab, "first")
    done = lab.run(f"colony record --config {config} --max-acquisition-time 6")
    assert done.rc == 0, done.stdout + done.stderr
    assert "AUDIT PASSED" in done.stdout
    audit = report(lab, "first")
    assert audit["passed"] is True
    assert {camera["instance"] for camera in audit["cameras"]} == set(AGENTS.values())
    files = lab.check_output(f"ls {SESSIONS}/trial/trial__first").split()
    for camera in AGENTS.values():
        assert any(camera in name and name.endswith("video.h264.mp4") for name in files)


def test_a_camera_that_dies_is_named_and_the_others_go_on(lab: Host, third: Host) -> None:
    """The audit fails loudly; what the others recorded is whole."""
    config = configured(lab, "second")
    words = f"colony record --config {config} --max-acquisition-time 15"
    lab.check_output(f"({words} >/root/second.log 2>&1; echo rc $? >>/root/second.log) >/dev/null 2>&1 &")
    shown = "systemctl show --property StatusText --value colony-agent@camera_three"
    until(lambda: "recording" in third.check_output(shown), "the recording", 40)
    third.check_output("systemctl kill --signal=SIGKILL colony-agent@camera_three")
    third.check_output("systemctl stop colony-agent@camera_three")
    until(lambda: "rc " in lab.check_output("cat /root/second.log"), "its end", 90)
    log = lab.check_output("cat /root/second.log")
    assert "rc 3" in log, log
    assert "camera_three" in log
    assert "AUDIT FAILED" in log
    audit = report(lab, "second")
    assert audit["passed"] is False
    assert any("camera_three" in reason for reason in audit["reasons"])


def test_who_has_no_key_gets_nothing(lab: Host) -> None:
    """A conductor with a pair of its own making is not answered, and is told why that may be."""
    lab.check_output(f"mkdir -p /root/wrong && cp {KEYS}/agent.key /root/wrong/")
    make = "import zmq.auth; zmq.auth.create_certificates('/root/wrong', 'conductor')"
    lab.check_output(f'/home/ops/imagenode/venv/bin/python -c "{make}"')
    refused = lab.run(f"colony record --config {configured(lab, 'stranger', '/root/wrong')} --max-acquisition-time 3")
    assert refused.rc == 1, refused.stdout + refused.stderr
    assert "key" in refused.stderr


def test_a_deployment_is_refused_while_an_agent_records(lab: Host) -> None:
    """It would end the recording; the playbook says which agent, and changes nothing."""
    config = configured(lab, "third")
    lab.check_output(f"colony record --config {config} --max-acquisition-time 120 >/root/third.log 2>&1 &")
    one = node("colony-one")
    shown = "systemctl show --property StatusText --value colony-agent@camera_one"
    until(lambda: "recording" in one.check_output(shown), "the recording", 40)
    played = play("--limit", "colony-one", "--tags", "deploy", playbook=CONVERGE)
    assert played.status != 0
    assert "is recording" in " ".join(played.output.split())
    lab.check_output(f"colony stop --config {config}")
    until(lambda: "idle" in one.check_output(shown), "the end of the recording", 60)


def test_a_check_run_after_a_deployment_reports_no_change() -> None:
    """`--check --diff` on machines that are as they should be."""
    mend_nothing(play("--check", "--diff", playbook=CONVERGE))


def test_uninstall_leaves_what_was_recorded() -> None:
    """Units, code, keys and commands are gone; the recordings are not."""
    played = play("--limit", "colony-two", "--tags", "uninstall", playbook=CONVERGE)
    assert played.status == 0, played.output
    two = node("colony-two")
    gone = ["/home/ops/imagenode", "/usr/local/bin/colony", "/etc/colony"]
    for path in [*gone, "/etc/systemd/system/colony-agent@.service"]:
        assert not two.file(path).exists, path
    assert two.check_output(f"find {RECORDINGS} -name '*.mp4' | head -1")
