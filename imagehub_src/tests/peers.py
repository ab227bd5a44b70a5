"""Hubs on real sockets, for tests of senders: one whose answers a test decides, and imageZMQ's own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import imagezmq
import zmq

from running import free_port

LOOK_MILLISECONDS = 20


class Heard(NamedTuple):
    """A message as it came: its header, its body, and the routing id of its connection."""

    header: dict[str, Any]
    body: bytes
    peer: bytes


Answer = Callable[[Heard], bytes | None]


class Peer:
    """A hub that answers what it is told to (None is silence) and keeps what it heard."""

    def __init__(self, answer: Answer = lambda _: b"OK", port: int | None = None) -> None:
        self.port = port or free_port()
        self.heard: list[Heard] = []
        self._answer = answer
        self._stop = threading.Event()
        self._bound = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def endpoint(self) -> str:
        """Where senders connect."""
        return f"tcp://127.0.0.1:{self.port}"

    def texts(self) -> list[str]:
        """The texts that it heard."""
        return [heard.header["msg"] for heard in self.heard]

    def ids(self) -> list[str]:
        """The ids that it heard."""
        return [heard.header["id"] for heard in self.heard]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._bound.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
            socket.linger = 200
            socket.bind(self.endpoint)
            self._bound.set()
            while not self._stop.is_set():
                if socket.poll(LOOK_MILLISECONDS):
                    self._hear(socket)

    def _hear(self, socket: zmq.Socket[bytes]) -> None:
        peer, _, header, body = socket.recv_multipart()
        heard = Heard(json.loads(header), body, peer)
        self.heard.append(heard)
        answer = self._answer(heard)
        if answer is not None:
            socket.send_multipart([peer, b"", answer])


@contextmanager
def stock_hub(port: int) -> Iterator[list[str]]:
    """Run imageZMQ's hub at a port, and give the texts that it received."""
    received: list[str] = []
    stop, ready = threading.Event(), threading.Event()

    def receive() -> None:
        with imagezmq.ImageHub(open_port=f"tcp://127.0.0.1:{port}") as hub:
            ready.set()
            while not stop.is_set():
                if hub.zmq_socket.poll(LOOK_MILLISECONDS):
                    text, _ = hub.recv_jpg()
                    received.append(text)
                    hub.send_reply()

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield received
    stop.set()
    thread.join(10)
