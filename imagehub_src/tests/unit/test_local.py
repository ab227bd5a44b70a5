"""Programs of one machine reach the hub through a socket in a folder, however long its path is."""

import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from imagehub import local

SECONDS = 10.0


def exchange(path: Path, mode: int = 0o600) -> bytes:
    """Listen at `path`, connect, and return what the listener heard."""
    with local.listen(path, mode) as listener, local.connect(path, SECONDS) as near:
        near.sendall(b"hello")
        far, _ = listener.accept()
        with far:
            return far.recv(16)


def long_folder(tmp_path: Path) -> Path:
    """Return a folder in which no path fits a socket's address of 108 bytes."""
    folder = tmp_path
    while len(os.fsencode(folder)) < 200:
        folder = folder / "a-folder-with-a-long-name"
    return folder


def test_who_connects_is_heard(tmp_path: Path) -> None:
    """A listener and who connects to its path are the two ends of one stream."""
    assert exchange(tmp_path / "hub.sock") == b"hello"


def test_the_folder_is_made(tmp_path: Path) -> None:
    """A runtime directory that is not there yet is no fault."""
    assert exchange(tmp_path / "run" / "hub" / "hub.sock") == b"hello"


def test_a_path_longer_than_an_address_is_reached(tmp_path: Path) -> None:
    """A data directory may lie deeper than the 108 bytes of a socket's address, and no descriptor is left open."""
    path = long_folder(tmp_path) / "hub.sock"
    before = len(os.listdir("/proc/self/fd"))
    assert exchange(path) == b"hello"
    assert path.is_socket()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("mode", [0o600, 0o660])
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_socket_is_for_those_whom_the_mode_admits(tmp_path: Path, mode: int, umask: int) -> None:
    """The file has the mode that was asked for, whatever the umask, and the process keeps its umask."""
    before = os.umask(umask)
    try:
        local.listen(tmp_path / "hub.sock", mode).close()
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "hub.sock").stat().st_mode) == mode


def test_a_socket_left_by_a_dead_process_makes_way(tmp_path: Path) -> None:
    """After a crash the file is still there; the next hub listens all the same."""
    local.listen(tmp_path / "hub.sock", 0o600).close()
    assert (tmp_path / "hub.sock").is_socket()
    assert exchange(tmp_path / "hub.sock") == b"hello"


@pytest.mark.parametrize("long", [False, True], ids=["short path", "long path"])
def test_where_nobody_listens_connecting_fails(tmp_path: Path, long: bool) -> None:
    """No listener, or one that is gone, is an OSError, and leaves nothing open."""
    folder = long_folder(tmp_path) if long else tmp_path
    with pytest.raises(FileNotFoundError):
        local.connect(folder / "hub.sock", SECONDS)
    local.listen(folder / "hub.sock", 0o600).close()
    with pytest.raises(ConnectionRefusedError):
        local.connect(folder / "hub.sock", SECONDS)


def test_a_folder_that_cannot_hold_a_socket_is_told(tmp_path: Path) -> None:
    """A file where the folder should be is an OSError, and leaves nothing open."""
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(OSError, match="run"):
        local.listen(tmp_path / "run" / "hub.sock", 0o600)


def test_a_name_that_no_folder_makes_short_is_told(tmp_path: Path) -> None:
    """A file name alone longer than an address is an OSError, not a socket elsewhere."""
    with pytest.raises(OSError, match="too long"):
        local.listen(tmp_path / ("s" * 120), 0o600)


def test_connecting_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    """The timeout holds for what is received later, too."""
    path = tmp_path / "hub.sock"
    with local.listen(path, 0o600), local.connect(path, 0.01) as stream, pytest.raises(TimeoutError):
        stream.recv(1)


def test_without_unix_sockets_a_port_on_loopback_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the file at the path tells the port, and only this machine can reach it."""
    monkeypatch.setattr(local, "HAS_UNIX_SOCKETS", False)
    path = tmp_path / "hub.sock"
    assert exchange(path) == b"hello"
    with local.listen(path, 0o600) as listener:
        assert listener.family == socket.AF_INET
        assert listener.getsockname() == ("127.0.0.1", int(path.read_text()))


def test_several_may_wait_to_be_accepted(tmp_path: Path) -> None:
    """Eight programs that ask at once all get their turn."""
    with local.listen(tmp_path / "hub.sock", 0o600) as listener:
        near = [local.connect(tmp_path / "hub.sock", SECONDS) for _ in range(8)]
        far: list[socket.socket] = []
        thread = threading.Thread(target=lambda: far.extend(listener.accept()[0] for _ in near))
        thread.start()
        thread.join(SECONDS)
        assert len(far) == 8
        for stream in (*near, *far):
            stream.close()
