"""What `imagehub command` queues reaches a stock sender as its reply, once, whatever happens to the hub meanwhile."""

import signal
import subprocess
import sys
from pathlib import Path

import imagezmq
import pytest

from imagehub import check
from running import DEADLINE_SECONDS, JPEG, Node, RunningHub, running_hub, until


def imagehub(hub: RunningHub, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `imagehub command` with the settings of a hub."""
    command = [sys.executable, "-m", "imagehub", "command", "--path", str(hub.folder), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)


def queue(hub: RunningHub, node: str, *texts: str) -> None:
    """Queue commands, each by a process of its own."""
    for text in texts:
        done = imagehub(hub, node, text)
        assert done.returncode == 0, done.stderr


def notes(hub: RunningHub) -> list[str]:
    """Return what the event log says of commands."""
    lines = (hub.data / "logs" / "imagehub.log").read_text().splitlines()
    return [line.split(" ~ ")[1] for line in lines if "command for" in line]


def obtained(sender: imagezmq.ImageSender, text: str = "Barn P1|jpg|") -> str:
    """Send until a reply is none of the hub's own, and return it."""

    def command() -> str:
        reply = str(sender.send_jpg(text, JPEG).decode())
        assert not reply.startswith("NOT STORED")
        return "" if reply == "OK" else reply

    return until(command, "a command")


def test_a_stock_sender_sees_a_command_as_its_reply_once(tmp_path: Path) -> None:
    """Queued while the hub runs; what is stored with it is stored, and the event log has a line of its own."""
    with running_hub(tmp_path) as hub, imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
        assert sender.send_jpg("Barn P1|jpg|", JPEG) == b"OK"
        queue(hub, "Barn", "SendFrames 10")
        before = len(hub.images())
        assert obtained(sender) == "SendFrames 10"
        assert len(hub.images()) > before
        assert [sender.send_jpg("Barn P1|jpg|", JPEG) for _ in range(3)] == [b"OK"] * 3
        assert notes(hub) == ["command for Barn handed over: SendFrames 10"]
        assert check.check(hub.data).differences == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["restarted", "killed"])
def test_commands_wait_over_a_restart_of_the_store(tmp_path: Path, number: signal.Signals) -> None:
    """The next store process hands out what the last one left, in order; the sender's connection stays."""
    with running_hub(tmp_path) as hub, imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
        queue(hub, "Barn", "SendFrames 1", "SendFrames 2", "SendFrames 3")
        assert obtained(sender) == "SendFrames 1"
        gone = hub.kill_store(number)
        hub.wait_replaced(gone)
        assert [obtained(sender), obtained(sender)] == ["SendFrames 2", "SendFrames 3"]
        assert sender.send_jpg("Barn P1|jpg|", JPEG) == b"OK"
        assert len(notes(hub)) == 3


@pytest.mark.parametrize("words", [(), ("--together",)], ids=["two processes", "one"])
def test_commands_queued_before_the_hub_starts_wait_for_it(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Also with front and store in one process; a heartbeat gets one too."""
    hub = RunningHub(tmp_path)
    try:
        hub.start(*words)
        hub.stop()
        queue(hub, "Barn P1", "ReloadYaml")
        hub.start(*words)
        with Node(hub.endpoint) as node:
            assert node.send("Barn P2|Heartbeat") == "OK"
            assert until(lambda: node.send("Barn P1|Heartbeat").replace("OK", ""), "the command") == "ReloadYaml"
    finally:
        hub.stop()


def test_a_second_hub_and_many_who_queue_lose_no_command(tmp_path: Path) -> None:
    """A hub that can't start on the same data takes none, and each of several queueing processes gets through."""
    with running_hub(tmp_path / "hub") as hub, imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
        second = RunningHub(tmp_path / "second", data_directory=str(hub.data)).spawn()
        command = [sys.executable, "-m", "imagehub", "command", "--path", str(hub.folder), "Barn"]
        queueing = [subprocess.Popen([*command, f"SendFrames {n}"], stdout=subprocess.PIPE) for n in range(6)]
        got = [obtained(sender) for _ in range(6)]
        assert [process.wait(DEADLINE_SECONDS) for process in queueing] == [0] * 6
        for process in queueing:
            process.communicate()
        assert second.wait(DEADLINE_SECONDS) == 1
        assert sorted(got) == [f"SendFrames {n}" for n in range(6)]
        assert sender.send_jpg("Barn P1|jpg|", JPEG) == b"OK"


def test_what_waits_is_listed_and_cancelled_while_the_hub_runs(tmp_path: Path) -> None:
    """What was cancelled reaches nobody; what can be no command ends with 1 and says why."""
    with running_hub(tmp_path) as hub, Node(hub.endpoint) as node:
        queue(hub, "Barn", "SendFrames 10")
        number = imagehub(hub, "--list").stdout.split()[0]
        assert imagehub(hub, "--cancel", number).stdout == "cancelled for Barn: SendFrames 10\n"
        assert imagehub(hub, "--list").stdout == "no command waits\n"
        queue(hub, "Barn", "ReloadYaml")
        assert until(lambda: node.send("Barn|jpg|").replace("OK", ""), "the other command") == "ReloadYaml"
        refused = imagehub(hub, "Barn", "OK then")
        assert (refused.returncode, refused.stderr) == (
            1, "imagehub: a command can't begin with OK, as the hub's own replies do\n",
        )  # fmt: skip
