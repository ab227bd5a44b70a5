"""Once a second the hub looks after itself: silence, the disk, complaints, the watchdog."""

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagehub import settings
from imagehub.hub import Hub
from imagehub.link import PAGE, Request
from imagehub.metrics import Metrics
from imagehub.minder import STUCK_SECONDS, Minder
from imagehub.notify import Notifier
from imagehub.testing import FakeClock, MemoryStore


class Bench:
    """A hub over a store in memory and its minder; the test moves the clock and plays systemd."""

    def __init__(self, manager: socket.socket, **changes: Any) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore()
        self.memory = bytearray(PAGE)
        self.metrics = Metrics(self.clock.now, self.clock.monotonic)
        self.hub = Hub(
            settings.parse(json.dumps({"hub": changes}), Path("/nowhere")),
            self.store,
            self.metrics,
            lambda replies: None,
            memoryview(self.memory),
            "epoch",
            monotonic=self.clock.monotonic,
        )
        self._manager = manager
        self.minder = Minder(self.hub, Notifier({"NOTIFY_SOCKET": manager.getsockname()}), self.clock.monotonic)
        self.look()

    def say(self, text: str) -> None:
        """Send a message to the hub, and let it commit."""
        header = json.dumps({"msg": text}).encode()
        self.memory[: len(header)] = header
        self.hub.take([Request(1, self.clock.monotonic(), 0, 2, (len(header), 0), "10.0.0.3")])
        self.hub.stop()
        self.hub.commit_until_stopped()

    def pass_(self, seconds: float) -> None:
        """Let time pass, and let the minder look whenever it is due."""
        until = self.clock.seconds + seconds
        while self.clock.seconds + self.minder.pause_seconds() <= until:
            self.clock.pass_(self.minder.pause_seconds())
            self.look()
        self.clock.pass_(until - self.clock.seconds)

    def look(self) -> list[str]:
        """Let the minder look and return what systemd heard."""
        self.minder.look()
        return self.heard()

    def heard(self) -> list[str]:
        """Return what systemd heard since the last time."""
        lines = []
        while True:
            try:
                lines.append(self._manager.recv(4096).decode())
            except BlockingIOError:
                return lines


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """A datagram socket, as systemd has one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def test_it_looks_once_a_second(manager: socket.socket) -> None:
    """Between two looks there is nothing to do, however often the hub's loop turns."""
    bench = Bench(manager)
    assert bench.minder.pause_seconds() == 1.0
    bench.clock.pass_(0.75)
    assert bench.minder.pause_seconds() == 0.25
    assert bench.look() == []
    bench.clock.pass_(0.25)
    assert bench.minder.pause_seconds() == 0.0
    assert bench.look() == ["WATCHDOG=1"]


def test_silence_of_all_is_told_each_time_that_patience_ends(
    manager: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    """After `patience` minutes without a message the event log and the service's log say so, again and again."""
    bench = Bench(manager, patience=2)
    bench.pass_(119)
    assert bench.store.notes == []
    bench.pass_(241)
    assert bench.store.notes == ["No messages received for 2 minutes."] * 3
    assert [record.message for record in caplog.records if record.name == "imagehub.minder"] == bench.store.notes


def test_any_message_ends_the_silence(manager: socket.socket) -> None:
    """A heartbeat, a test image, even a refused message shows that senders reach the hub."""
    bench = Bench(manager, patience=1)
    for text in ("Barn|Heartbeat|", "a test image", "../x|jpg|", "Barn|motion|moving"):
        bench.pass_(59)
        bench.say(text)
    assert not [note for note in bench.store.notes if note.startswith("No messages")]


def test_silence_of_one_camera_is_told_once(manager: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    """While others send, a camera that has stopped is named, with its fields for journald."""
    bench = Bench(manager, patience=1)
    bench.say("Barn P1|Heartbeat|")
    for _ in range(5):
        bench.pass_(30)
        bench.say("Gate|Heartbeat|")
    assert bench.store.notes == ["Barn P1 has been silent for 1 minutes."]
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert record.__dict__["fields"] == {"node": "Barn", "view": "P1"}


def test_patience_is_read_anew_each_time(manager: socket.socket) -> None:
    """A reload with another `patience` holds at once."""
    bench = Bench(manager, patience=60)
    bench.pass_(90)
    bench.hub.settings = settings.parse('{"hub": {"patience": 0.5}}', Path("/nowhere"))
    bench.pass_(1)
    assert bench.store.notes == ["No messages received for 0.5 minutes."]


def test_a_disk_that_takes_bytes_again_is_told(manager: socket.socket) -> None:
    """After a fault the disk is tried each second, without waiting for a sender, and its return is told once."""
    bench = Bench(manager)
    bench.store.disk_fault = "disk full"
    bench.say("Barn|motion|moving")
    bench.pass_(5)
    assert bench.store.fault == "disk full"
    bench.store.disk_fault = None
    bench.pass_(5)
    assert bench.store.fault is None
    assert bench.store.notes == ["NOT STORED, disk full", "The disk takes images again."]


def test_repeated_complaints_are_told_with_their_count(manager: socket.socket) -> None:
    """Nobody but the minder ends the minute in which a complaint is held back."""
    bench = Bench(manager)
    for _ in range(3):
        bench.say("../x|jpg|")
    bench.pass_(61)
    told = "NOT STORED, from 10.0.0.3: the node name begins with a dot"
    assert bench.store.notes == [told, f"{told} (2 more within a minute)"]


def test_a_stuck_commit_ends_the_signs_of_life(manager: socket.socket) -> None:
    """A flush that does not come back for half a minute lets systemd act; one that is only slow does not."""
    bench = Bench(manager)
    bench.hub.committing_since = bench.clock.monotonic()
    bench.pass_(STUCK_SECONDS - 1)
    bench.clock.pass_(0.5)
    bench.minder.look()
    bench.heard()
    bench.clock.pass_(5)
    assert bench.look() == []
    bench.hub.committing_since = None
    bench.clock.pass_(1)
    assert bench.look() == ["WATCHDOG=1"]
