"""A front whose store process and senders are played by the test, all in the test's own thread."""

import json
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any, Self

import zmq

from imagehub import link
from imagehub.front import Front
from imagehub.link import Connection, Reply, Request
from sockets import SECONDS, Sockets

DOOR = {
    "endpoint": "tcp://127.0.0.1:*",
    "max_message_bytes": 1 << 20,
    "queuemax": 500,
    "addresses": [],
    "curve": None,
}


class PlayedStore:
    """The store's end of a link: it hears what the front hands over, and answers when the test says so."""

    def __init__(self, stream: socket.socket) -> None:
        self.connection = Connection(stream)
        self.hello, descriptor = self.connection.greeting(SECONDS)
        self.memory = link.map_region(descriptor)
        os.close(descriptor)
        self.requests: list[Request] = []
        self.listening: list[dict[str, Any]] = []

    @property
    def numbers(self) -> list[int]:
        """The numbers of the requests that were handed over, in their order."""
        self.hear()
        return [request.number for request in self.requests]

    def hear(self) -> None:
        """Take in all that the front has sent up to now; raise LinkError if it let go of this store."""
        while select.select([self.connection], [], [], 0)[0]:
            for kind, payload in self.connection.receive():
                if kind == link.REQUESTS:
                    self.requests += link.unpack_requests(payload)
                else:
                    self.listening.append(json.loads(payload))

    def frames(self, request: Request) -> list[bytes]:
        """Return a request's frames, as they lie in the region."""
        frames, at = [], request.page * link.PAGE
        for length in request.lengths:
            frames.append(self.memory[at : at + length])
            at += length
        return frames

    def listen(self, **changes: Any) -> None:
        """Ask the front to open this door."""
        self.connection.send(link.LISTEN, json.dumps(DOOR | changes).encode())

    def reply(self, *replies: tuple[int, bytes]) -> None:
        """Answer requests, by their numbers."""
        self.connection.send(link.REPLIES, b"".join(link.pack_reply(Reply(*reply)) for reply in replies))

    def close(self) -> None:
        """Go away, as a store process does that ends."""
        self.connection.close()
        self.memory.close()


class PlayedFront:
    """A front that the test moves turn by turn, with all that is connected to it."""

    def __init__(self) -> None:
        self.sockets = Sockets()
        self._region = link.region_file()
        self._stores: list[PlayedStore] = []
        self._closed = False
        self.front = Front(self.sockets.context, self._region)
        self.front.open()

    def attach(self) -> PlayedStore:
        """Return a store process that is attached and has not said where to listen."""
        ours, theirs = socket.socketpair()
        self.front.attach(ours)
        self._stores.append(PlayedStore(theirs))
        return self._stores[-1]

    def store(self, **changes: Any) -> PlayedStore:
        """Return a store process whose door is open."""
        store = self.attach()
        self.open_door(store, **changes)
        return store

    def open_door(self, store: PlayedStore, **changes: Any) -> dict[str, Any]:
        """Let a store process ask for a door, and return the front's answer."""
        store.listen(**changes)
        count = len(store.listening)
        self.until(lambda: len(store.listening) > count, "the answer to where to listen", store)
        return store.listening[-1]

    def until(self, probe: Callable[[], object], what: str, *stores: PlayedStore) -> None:
        """Turn the front, and let these stores hear, until the probe says yes; fail after a deadline."""
        deadline = time.monotonic() + SECONDS
        while not probe():
            assert time.monotonic() < deadline, f"waited {SECONDS} s for {what}"
            self.front.turn(0.005)
            for store in stores:
                store.hear()

    def turns(self, count: int = 20) -> None:
        """Turn the front until it has done all that there is to do; a few turns more do no harm."""
        for _ in range(count):
            self.front.turn(0.002)

    def sender(self, kind: int = zmq.REQ, endpoint: str = "", **options: Any) -> zmq.Socket[bytes]:
        """Return a socket that is connected to the front."""
        return self.sockets.connect(kind, endpoint or self.front.endpoint, **options)

    def ask(self, *frames: bytes, **options: Any) -> zmq.Socket[bytes]:
        """Return a REQ sender that has sent these frames."""
        sender = self.sender(**options)
        sender.send_multipart(frames)
        return sender

    def handed_over(self, store: PlayedStore, count: int) -> list[Request]:
        """Wait until so many requests were handed over in all, and return them."""
        self.until(lambda: len(store.requests) >= count, f"{count} requests", store)
        assert len(store.requests) == count
        return store.requests

    def close(self) -> None:
        """Let the front stop."""
        if not self._closed:
            self._closed = True
            self.front.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self.front.detach()
        for store in self._stores:
            store.close()
        os.close(self._region)
        self.sockets.__exit__()
