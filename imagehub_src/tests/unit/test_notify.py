"""The service manager is told, in sd_notify(3)'s words, and only where there is one."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagehub.notify import Notifier
from requirements_here import require

SECONDS = 10.0


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    """A datagram socket, as systemd has one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(SECONDS)
        yield listener


def test_all_lines_go_in_one_datagram(manager: socket.socket, tmp_path: Path) -> None:
    """What belongs together, such as READY=1 and its STATUS, arrives together."""
    manager.bind(str(tmp_path / "notify"))
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}).tell("READY=1", "STATUS=listening on tcp://*:5555")
    assert manager.recv(4096) == b"READY=1\nSTATUS=listening on tcp://*:5555"


def test_an_abstract_socket_is_reached(manager: socket.socket) -> None:
    """A name that begins with @ stands for an abstract socket."""
    require(os.path.exists("/proc/net/unix"), "abstract sockets are Linux's")  # noqa: PTH110 a file of the kernel's
    manager.bind(f"\0imagehub-test-{os.getpid()}")
    Notifier({"NOTIFY_SOCKET": f"@imagehub-test-{os.getpid()}"}).tell("WATCHDOG=1")
    assert manager.recv(4096) == b"WATCHDOG=1"


def test_without_a_manager_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by hand, the service opens no socket."""
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("opened a socket"))
    Notifier({}).tell("READY=1")


@pytest.mark.parametrize("path", ["/nowhere/notify", "/" + "n" * 200])
def test_a_manager_that_cannot_be_reached_is_no_fault(path: str) -> None:
    """The service goes on when systemd's socket is gone or can't be addressed."""
    Notifier({"NOTIFY_SOCKET": path}).tell("READY=1")
