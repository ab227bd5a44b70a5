"""Clocks of real processes are compared over real sockets, and real tools tell the state of real clocks."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import zmq

from imagehub.colony.synchrony import audit, record, report, sources
from imagehub.colony.synchrony.clocks import Offset, Stamps, Tracker, estimate, exchange
from imagehub.node.cameras.camera import Mode
from recorded import instants, write_recording
from recordings import finished, recorder, rows
from requirements_here import require
from running import free_port, until

SERVER = Path(__file__).parents[1] / "clock_server.py"
AHEAD_NS = 50_000_000


@contextmanager
def other_clock(*before: str) -> Iterator[Callable[[], Stamps]]:
    """Start a process with a clock, under the command `before`; return what exchanges stamps with it."""
    environment = {**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
    command = [*before, sys.executable, str(SERVER)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process,
        zmq.Context() as context,
        context.socket(zmq.REQ) as requests,
    ):
        assert process.stdout is not None
        requests.linger = 0
        requests.rcvtimeo = 30_000
        requests.connect(f"tcp://127.0.0.1:{int(process.stdout.readline())}")

        def ask() -> Stamps:
            asked_ns = time.time_ns()
            requests.send(b"clock")
            answer = requests.recv()
            back_ns = time.time_ns()
            told = json.loads(answer)
            return Stamps(asked_ns, told["received_ns"], told["answered_ns"], back_ns)

        yield ask
        process.communicate()


@pytest.fixture
def ahead() -> Iterator[Callable[[], Stamps]]:
    """A process whose clock is 50 ms before this one's."""
    require(shutil.which("faketime"), "no other clock without faketime (Debian: faketime)")
    with other_clock("faketime", "-f", "+0.05s") as ask:
        yield ask


def test_a_clock_that_is_50_ms_ahead_is_measured_to_less_than_a_millisecond(ahead: Callable[[], Stamps]) -> None:
    """Over loopback the offset is 50 ms within the uncertainty that is told, and that is below 1 ms."""
    found = estimate(exchange(ahead, 100))
    assert abs(found.offset_ns - AHEAD_NS) <= found.uncertainty_ns < 1_000_000


def test_the_same_clock_has_no_offset() -> None:
    """The negative control: two processes of one machine agree within what is told."""
    with other_clock() as ask:
        found = estimate(exchange(ask, 100))
    assert abs(found.offset_ns) <= found.uncertainty_ns < 1_000_000


def test_a_session_across_two_clocks_is_brought_together(ahead: Callable[[], Stamps], tmp_path: Path) -> None:
    """Frames of one instant, told by clocks 50 ms apart: the skew is zero within the uncertainty, and it passes."""
    before = estimate(exchange(ahead, 50))
    frames = instants(60, start_ns=time.time_ns())
    write_recording(tmp_path, "here", frames)
    write_recording(tmp_path, "there", [(number, wall + AHEAD_NS) for number, wall in frames])
    with other_clock() as same:
        here = estimate(exchange(same, 50))
    there = Tracker([before, estimate(exchange(ahead, 50))])
    cameras = (record.CameraClock("here", 30.0, (here,)), record.CameraClock("there", 30.0, there.offsets))
    record.write(record.SessionClocks("mice", frames[0][1], cameras=cameras), tmp_path)
    assert report.run(tmp_path) == 0
    skew = report.read(tmp_path / "report.json").skew
    assert skew.worst_ms is not None
    assert skew.uncertainty_ms is not None
    assert skew.worst_ms <= skew.uncertainty_ms < 2


def test_losses_of_a_real_recording_are_named_exactly(tmp_path: Path) -> None:
    """A recorder, a camera that drops three frames, and real video: the two accounts name those, and files agree."""
    mode = Mode((320, 240), 20)
    recording = finished(recorder(tmp_path, "synthetic:seed=3,drop=17+18+30", mode=mode, max_seconds=2))
    found = audit.camera(recording.files, mode.framerate, Offset(0, 1_000, 2_000, at_ns=time.time_ns()))
    told = {gap.number + more for gap in found.by_numbers.gaps for more in range(gap.count)}
    assert told == set(range(40)) - {row.number for row in rows(recording)} >= {17, 18, 30}
    assert [(gap.row, gap.count) for gap in found.by_intervals.gaps] == [
        (g.row, g.count) for g in found.by_numbers.gaps
    ]
    assert (found.findings, found.video, found.mp4, found.ttl_rows) == ((), *[found.frames] * 3)
    assert found.rate == pytest.approx(20.0)


def chronyd(folder: Path, name: str, *lines: str) -> list[str]:
    """Write a configuration and return the command of a chronyd that leaves the machine's clock alone."""
    own = [f"bindcmdaddress {folder}/{name}", f"pidfile {folder}/{name}.pid", "cmdport 0", *lines]
    (folder / f"{name}.conf").write_text("\n".join(own) + "\n")
    user = ["-u", "root"] if os.geteuid() == 0 else []
    return [str(tool("chronyd")), "-d", "-x", "-U", *user, "-f", f"{folder}/{name}.conf"]


def tool(name: str) -> str:
    """Return the path of a program, or skip."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    require(found, f"no {name} (Debian: chrony)")
    return found or ""


def chrony_of(folder: Path, name: str) -> sources.ClockState | None:
    """Return what is read of the answers of that chronyd."""

    def ask(command: Sequence[str]) -> str | None:
        assert command[0] == "chronyc"
        return sources.ask([tool("chronyc"), "-h", f"{folder}/{name}", *command[1:]])

    return sources.chrony(ask)


def test_a_real_chrony_is_understood() -> None:
    """A server that follows its own clock, and a client that follows the server, each tell so."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="chrony") as name, ExitStack() as stack:  # sockets want short paths
        folder = Path(name)
        server = chronyd(folder, "server", "local stratum 8", "allow 127.0.0.1", f"port {port}")
        client = chronyd(folder, "client", f"server 127.0.0.1 port {port} minpoll -2 maxpoll -2 iburst", "port 0")
        for command in (server, client):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        follows = until(lambda: _following(folder), "chrony to follow its server")
        alone = chrony_of(folder, "server")
    assert follows.detail.startswith("chrony follows 127.0.0.1, stratum 9")
    assert alone is not None
    assert (alone.synchronised, "its own is the reference" in alone.detail) == (False, True)


def _following(folder: Path) -> sources.ClockState | None:
    """Return the client's state once it follows; its bound of the error is large at first, and shrinks."""
    found = chrony_of(folder, "client")
    if found is None or not found.synchronised or found.error_ns is None:
        return None
    return found if found.error_ns < 10_000_000 else None
