"""A worker that hangs is ended, and systemd hears from one that does not."""

import logging
import socket
import threading
from pathlib import Path

import pytest

from imagehub.librarian.vision.working import watchdog
from imagehub.librarian.vision.working.watchdog import EXIT_CODE, Watchdog
from imagehub.notify import Notifier
from running import until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0.01)


def test_a_job_that_takes_too_long_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    """With a line in the log that names it."""
    left: list[int] = []
    gone = threading.Event()

    def leave(code: int) -> None:
        left.append(code)
        gone.set()

    dog = Watchdog(0.05, Notifier({}), {}, leave)
    dog.start()
    with caplog.at_level(logging.ERROR), dog.at("image 7, objects"):
        assert gone.wait(30)
    assert left == [EXIT_CODE]
    assert "image 7, objects took more than 0.05 s: this worker ends" in caplog.text


def test_jobs_that_end_in_time_are_left_alone(tmp_path: Path) -> None:
    """And so is who has nothing to do; systemd is told that all is well."""
    left: list[int] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        dog = Watchdog(0.2, notifier, {"WATCHDOG_USEC": "20000"}, left.append)
        dog.start()
        for _ in range(3):
            with dog.at("a job"):
                assert manager.recv(100) == b"WATCHDOG=1"
        dog.stop()
        until(lambda: "watchdog" not in {thread.name for thread in threading.enumerate()}, "its end")
    assert left == []
