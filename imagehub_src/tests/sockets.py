"""ZeroMQ sockets for tests: in a context of their own, closed at its end."""

from typing import Any, Self

import zmq

SECONDS = 10.0


class Sockets:
    """Opens sockets that drop what is unsent when they close, and closes all of them."""

    def __init__(self) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._opened: list[zmq.Socket[bytes]] = []

    def open(self, kind: int, **options: Any) -> zmq.Socket[bytes]:
        """Return a socket with these options (as in `zmq.Socket`); receiving fails after SECONDS."""
        socket = self.context.socket(kind)
        for name, value in {"linger": 0, "rcvtimeo": int(SECONDS * 1000), **options}.items():
            setattr(socket, name, value)
        self._opened.append(socket)
        return socket

    def connect(self, kind: int, endpoint: str, **options: Any) -> zmq.Socket[bytes]:
        """Return a socket that is connected."""
        socket = self.open(kind, ipv6="[" in endpoint, **options)
        socket.connect(endpoint)
        return socket

    def bind(self, kind: int, host: str = "127.0.0.1", **options: Any) -> tuple[zmq.Socket[bytes], str]:
        """Return a socket that is bound to a free port of a loopback address, and where that is."""
        socket = self.open(kind, ipv6="[" in host, **options)
        return socket, f"tcp://{host}:{socket.bind_to_random_port(f'tcp://{host}')}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for socket in self._opened:
            socket.close()
        self.context.destroy(linger=0)


def has_ipv6() -> bool:
    """Tell whether this machine has the address ::1."""
    with Sockets() as sockets:
        try:
            sockets.bind(zmq.REP, "[::1]")
        except zmq.ZMQError:
            return False
        return True
