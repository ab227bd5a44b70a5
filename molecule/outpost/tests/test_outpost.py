"""Outposts with the camera node: what they see is at the hub, whatever happens to hub, network or node."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from nodes import Site, mend_nothing, node, play, until
from sandbox import assert_nobody_in_particular, assert_rated_low, assert_writes, pid
from testinfra.host import Host

CONVERGE = "molecule/outpost/converge.yml"
UNIT = "imagenode"
INSTALL = "/home/ops/imagenode"
SPOOL = "/home/ops/sentinelcam/spool"
OUTPOSTS = ("outpost-east", "outpost-west")


def journal(datasink: Host, site: Site) -> list[dict[str, Any]]:
    """Return all that the hub accepted, in its order."""
    return [json.loads(line) for line in datasink.check_output(f"cat {site.data}/journal/*.jsonl").splitlines()]


def of(entries: list[dict[str, Any]], name: str, kind: str) -> list[dict[str, Any]]:
    """Return the entries of one kind that a node sent."""
    return [entry for entry in entries if entry["node"] == name and entry["kind"] == kind]


def images(datasink: Host, site: Site, name: str) -> int:
    """Return how many images of a node the hub has accepted."""
    return len(of(journal(datasink, site), name, "image"))


def until_more_images(datasink: Host, site: Site, name: str) -> None:
    """Wait until the hub has accepted some images more than now."""
    count = images(datasink, site, name)
    until(lambda: images(datasink, site, name) > count + 3, f"more images of {name}", 60)


def waiting(outpost: Host) -> int:
    """Return how many messages wait in a node's spool."""
    return int(outpost.check_output(f"find {SPOOL} -maxdepth 1 -name '*.message' | wc -l"))


def assert_each_once_in_order(entries: list[dict[str, Any]], name: str) -> None:
    """Fail unless no message of the node is there twice, and all lie in the order in which they were taken."""
    mine = [entry for entry in entries if entry["node"] == name]
    assert max(Counter(entry["request"] for entry in mine).values()) == 1
    taken = [entry["taken"] for entry in mine]
    assert taken == sorted(taken)


@pytest.fixture
def cut_off(datasink: Host) -> Iterator[Host]:
    """The western outpost, whose packets to the hub are dropped on the way until the test is over."""
    west = node("outpost-west")
    address = datasink.check_output("hostname -I").split()[0]
    west.check_output(f"ip route add blackhole {address}/32")
    yield west
    west.run(f"ip route del blackhole {address}/32")


@pytest.mark.parametrize("name", OUTPOSTS)
def test_its_images_are_at_the_hub(datasink: Host, site: Site, name: str) -> None:
    """On Debian 12 and 13, from a video and a painted scene."""
    until(lambda: images(datasink, site, name) > 0, f"images of {name}", 60)


def test_motion_is_an_event_with_its_images(datasink: Host, site: Site) -> None:
    """People walk through the video: their event is in the hub's log, in the words of imagenode."""
    log = f"{site.data}/logs/imagehub.log"
    until(lambda: "outpost-east Yard|motion|moving" in datasink.check_output(f"cat {log}"), "the event", 60)


@pytest.mark.parametrize("name", OUTPOSTS)
def test_its_start_was_told(datasink: Host, site: Site, name: str) -> None:
    """With host, system, address and memory."""
    texts = [entry["text"] for entry in of(journal(datasink, site), name, "event")]
    assert any(text.startswith(f"{name}|Restart|{name}|") for text in texts)


@pytest.mark.parametrize("name", OUTPOSTS)
def test_it_runs_now_and_at_each_boot_as_nobody_in_particular(name: str, site: Site) -> None:
    """Own account, no capability, a system call filter, and a low rating of systemd for what may use cameras."""
    outpost = node(name)
    assert outpost.service(UNIT).is_running
    assert outpost.service(UNIT).is_enabled
    assert_nobody_in_particular(outpost, UNIT, site.user)
    others = ["/usr", "/etc", "/var", f"/home/{site.user}", INSTALL]
    assert_writes(outpost, UNIT, [SPOOL, "/home/ops/sentinelcam/recordings"], others)


def test_systemd_rates_its_exposure_low() -> None:
    """It may use some devices, which costs a little."""
    assert_rated_low(node("outpost-west"), UNIT, most=2.0)


def test_a_hub_that_restarts_again_and_again_loses_nothing(datasink: Host, site: Site) -> None:
    """Front and store both: the node goes on, and each message is there once."""
    before = pid(node("outpost-west"), UNIT)
    for _ in range(3):
        datasink.check_output("systemctl restart imagehub-front imagehub")
        until_more_images(datasink, site, "outpost-west")
    assert pid(node("outpost-west"), UNIT) == before
    assert_each_once_in_order(journal(datasink, site), "outpost-west")


def test_what_is_seen_while_the_network_is_down_comes_later_in_order(datasink: Host, site: Site, cut_off: Host) -> None:
    """It waits in the spool, on disk; the hub gets it with the time at which it was taken."""
    until(lambda: waiting(cut_off) > 20, "messages in the spool", 60)
    count = images(datasink, site, "outpost-west")
    address = datasink.check_output("hostname -I").split()[0]
    cut_off.check_output(f"ip route del blackhole {address}/32")
    until(lambda: waiting(cut_off) == 0, "an empty spool", 60)
    assert images(datasink, site, "outpost-west") > count + 20
    assert_each_once_in_order(journal(datasink, site), "outpost-west")


def test_what_waits_outlives_a_kill_and_a_reboot(datasink: Host, site: Site, cut_off: Host) -> None:
    """SIGKILL, then a restart of the whole node: what was in the spool is sent afterwards, once."""
    until(lambda: waiting(cut_off) > 20, "messages in the spool", 60)
    cut_off.check_output(f"systemctl kill --signal=SIGKILL {UNIT}")
    kept = set(cut_off.check_output(f"find {SPOOL} -maxdepth 1 -name '*.message' -printf '%f\\n'").split())
    engine = os.environ["MOLECULE_ENGINE"]
    subprocess.run([engine, "restart", "--time", "20", "outpost-west"], check=True, capture_output=True)
    until(lambda: not kept & set(cut_off.run(f"ls {SPOOL}").stdout.split()), "the spool of before", 90)
    assert_each_once_in_order(journal(datasink, site), "outpost-west")


def test_a_command_from_the_hub_is_obeyed(datasink: Host, site: Site) -> None:
    """`imagehub command` queues it, the node gets it as a reply and says so by an event."""
    datasink.check_output("imagehub command outpost-east 'SendFrames 2'")

    def obeyed() -> bool:
        texts = [entry["text"] for entry in of(journal(datasink, site), "outpost-east", "event")]
        return "outpost-east|Command|obeyed SendFrames 2" in texts

    until(obeyed, "the node's word", 90)


def test_a_check_run_after_a_deployment_reports_no_change() -> None:
    """`--check --diff` on nodes that are as they should be; it ends with health and status."""
    played = play("--check", "--diff", playbook=CONVERGE)
    mend_nothing(played)
    assert "Id=imagenode.service" in played.output


def test_settings_with_a_fault_are_not_taken(datasink: Host, site: Site) -> None:
    """The playbook fails and names the key, and the node goes on."""
    before = pid(node("outpost-west"), UNIT)
    words = ("--limit", "outpost-west", "--tags", "config", "--extra-vars", '{"imagenode_node": {"patients": 2}}')
    played = play(*words, playbook=CONVERGE)
    assert played.status != 0
    assert "node.patients" in played.output
    assert pid(node("outpost-west"), UNIT) == before


def test_uninstall_leaves_what_waits() -> None:
    """Unit, code, settings and commands are gone; the spool is not."""
    played = play("--limit", "outpost-west", "--tags", "uninstall", playbook=CONVERGE)
    assert played.status == 0, played.output
    west = node("outpost-west")
    for path in (INSTALL, "/home/ops/imagenode.yaml", "/usr/local/bin/imagenode", "/usr/local/bin/colony"):
        assert not west.file(path).exists, path
    assert west.file(SPOOL).is_directory
