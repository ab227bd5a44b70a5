"""Local sockets: how programs of one machine reach the hub, whatever the system has for it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_UNIX_PATH_BYTES = 100
HAS_UNIX_SOCKETS = hasattr(socket, "AF_UNIX")


def listen(path: Path, mode: int) -> socket.socket:
    """Return a socket that listens at `path` for those whom `mode` admits; one that is there makes way.

    Without unix sockets (Windows) it listens on a loopback port, and the file at `path` tells which.
    Raises OSError where the folder can't hold a socket.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        path.unlink()
    if not HAS_UNIX_SOCKETS:
        stream = socket.create_server(("127.0.0.1", 0))
        path.write_text(str(stream.getsockname()[1]))
        return stream
    stream = socket.socket(socket.AF_UNIX)
    try:
        with _umask(0o777 & ~mode), _short(path) as address:
            stream.bind(address)
    except OSError:
        stream.close()
        raise
    stream.listen(8)
    return stream


def connect(path: Path, timeout_seconds: float | None = None) -> socket.socket:
    """Return a socket connected to the listener at `path`; raise OSError where there is none."""
    if not HAS_UNIX_SOCKETS:
        return socket.create_connection(("127.0.0.1", int(path.read_text())), timeout_seconds)
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(timeout_seconds)
    try:
        with _short(path) as address:
            stream.connect(address)
    except OSError:
        stream.close()
        raise
    return stream


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Yield an address for `path` that fits the 107 bytes which the system allows for one (unix(7))."""
    if len(os.fsencode(path)) <= MAX_UNIX_PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, getattr(os, "O_PATH", os.O_RDONLY))  # O_PATH: without the right to list it
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
