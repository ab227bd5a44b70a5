"""`imagehub demo`, as a user sees it."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from media import picture
from running import until

DEADLINE_SECONDS = 60.0
COMMAND = [sys.executable, "-m", "imagehub", "demo"]


def journal(folder: Path) -> list[dict[str, object]]:
    """What the demo's hub has accepted."""
    paths = sorted((folder / "imagehub_demo" / "imagehub_data" / "journal").glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


def nodes(folder: Path) -> set[str]:
    """The cameras whose images were accepted."""
    return {f"{entry['node']} {entry['view']}" for entry in journal(folder) if entry["kind"] == "image"}


def run(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a demo to its end."""
    command = [*COMMAND, *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)


class Window:
    """A demo in a terminal of 100 columns and 30 lines; `text` is all that was written to it."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._leader, follower = pty.openpty()
        termios.tcsetwinsize(follower, (30, 100))
        self.process = subprocess.Popen(
            [*COMMAND, *words], cwd=folder, stdin=follower, stdout=follower, stderr=follower, start_new_session=True
        )
        os.close(follower)
        self.text = ""

    def shows(self, what: str) -> bool:
        """Read what was written and tell whether this is in it."""
        while select.select([self._leader], [], [], 0.05)[0]:
            try:
                self.text += os.read(self._leader, 65536).decode(errors="replace")
            except OSError:  # how a pseudo terminal says that its other end is closed
                break
        return what in self.text

    def close(self) -> None:
        """End the demo if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(DEADLINE_SECONDS)
        os.close(self._leader)


@contextmanager
def window(folder: Path, *words: str) -> Iterator[Window]:
    """Give a demo in a terminal."""
    shown = Window(folder, *words)
    try:
        yield shown
    finally:
        shown.close()


def test_three_cameras_send_to_a_hub_that_stores_everything(tmp_path: Path) -> None:
    """After its time the demo says what was stored and where, and all of it is there."""
    done = run(tmp_path, "--seconds", "3")
    assert done.returncode == 0, done.stderr
    assert nodes(tmp_path) == {"Barn P1", "BackDeck P1", "Driveway P1"}
    stored = re.search(r"^stored (\d+) images? .* and (\d+) events?; 0 refused$", done.stdout, re.MULTILINE)
    assert stored
    kinds = [entry["kind"] for entry in journal(tmp_path)]
    assert [kinds.count("image"), kinds.count("event")] == [int(number) for number in stored.groups()]
    check = [sys.executable, "-m", "imagehub", "check", "--path", str(tmp_path / "imagehub_demo")]
    assert subprocess.run(check, capture_output=True, timeout=DEADLINE_SECONDS, check=False).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_cameras_and_hub(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C or a service manager gets a clean end, soon, and no process is left."""
    with window(tmp_path, "--plain") as demo:
        until(lambda: journal(tmp_path), "images")
        demo.process.send_signal(number)
        began = time.monotonic()
        assert demo.process.wait(DEADLINE_SECONDS) == 0
        assert time.monotonic() - began < 10
        assert demo.shows("stored ")
    run_folder = tmp_path / "imagehub_demo" / "imagehub_data" / "run"
    assert not list(run_folder.glob("status.sock"))


def test_the_live_view_shows_nodes_places_and_how_to_stop(tmp_path: Path) -> None:
    """On a terminal the hub and its nodes are drawn in place, and the screen from before comes back."""
    with window(tmp_path) as demo:
        for what in (
            "NODE VIEW",
            "Barn P1",
            "BackDeck P1",
            "Driveway P1",
            "imagehub_demo/imagehub_data/images/",
            "Ctrl-C",
        ):
            until(partial(demo.shows, what), f"{what} in the view")
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(DEADLINE_SECONDS) == 0
        assert demo.shows("\x1b[?1049l")
        assert "stored " in demo.text.rpartition("\x1b[?1049l")[2]


@pytest.mark.parametrize("words", [(), ("--plain",)], ids=["live", "plain"])
def test_the_page_is_there_under_the_address_that_is_shown(tmp_path: Path, words: tuple[str, ...]) -> None:
    """The first address makes an account; whoever follows it is asked for a name and a password."""
    with window(tmp_path, *words) as demo:
        until(lambda: demo.shows("/first/"), "the address")
        until(lambda: re.search(r"http://localhost:\d+/first/[\w-]{43}", demo.text), "all of it")
        [address] = set(re.findall(r"http://localhost:\d+/first/[\w-]{43}", demo.text))
        with urllib.request.urlopen(address, timeout=DEADLINE_SECONDS) as page:
            assert b"Make the first administrator" in page.read()


def test_a_hub_that_ends_by_itself_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    """When the hub can't go on, the demo says so and ends."""
    with window(tmp_path) as demo:
        until(lambda: demo.shows("NODE VIEW"), "the view")
        hub, *_ = children(demo.process.pid)
        os.kill(hub, signal.SIGKILL)
        assert demo.process.wait(DEADLINE_SECONDS) == 1
        assert demo.shows("the hub was killed by signal 9; the end of imagehub_demo/hub.log:")


def children(process: int) -> list[int]:
    """The processes that a process started."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_the_store_process_may_be_killed_while_one_watches(tmp_path: Path) -> None:
    """What the view invites to try holds: stock senders go on, and nothing that was acknowledged is lost."""
    with window(tmp_path) as demo:
        until(lambda: demo.shows("kill -9 "), "the invitation")
        invited = re.findall(r"kill -9 (\d+)", demo.text)[-1]
        os.kill(int(invited), signal.SIGKILL)
        before = len(journal(tmp_path))
        until(lambda: len(journal(tmp_path)) > before + 30, "images after the kill")
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(DEADLINE_SECONDS) == 0
        assert demo.shows("0 refused")
    check = [sys.executable, "-m", "imagehub", "check", "--path", str(tmp_path / "imagehub_demo")]
    assert subprocess.run(check, capture_output=True, timeout=DEADLINE_SECONDS, check=False).returncode == 0


def test_a_port_that_is_taken_is_no_obstacle(tmp_path: Path) -> None:
    """A demo runs beside a hub that is in use, and says where it listens."""
    with ExitStack() as stack:
        with suppress(OSError):  # somebody has it already, which is just as good
            stack.enter_context(socket.create_server(("127.0.0.1", 5555)))
        done = run(tmp_path, "--seconds", "1")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^port 5555 is taken: the demo's hub listens on \d+$", done.stdout, re.MULTILINE)


def test_a_folder_of_images_may_stand_in_for_the_scenes(tmp_path: Path) -> None:
    """One can see one's own pictures arrive, as they are."""
    (tmp_path / "a.jpg").write_bytes(picture())
    assert run(tmp_path, "--seconds", "1", "--images", tmp_path).returncode == 0
    stored = list((tmp_path / "imagehub_demo" / "imagehub_data" / "images").glob("*/*.jpg"))
    assert stored
    assert {path.read_bytes() for path in stored} == {picture()}


def test_a_video_that_is_none_is_told_before_anything_starts(tmp_path: Path) -> None:
    """A mistyped name makes no folder."""
    done = run(tmp_path, "--video", "gone.avi")
    assert done.returncode == 1
    assert done.stderr == "imagehub: gone.avi: no such file\n"
    assert not (tmp_path / "imagehub_demo").exists()
