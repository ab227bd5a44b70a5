"""Senders that wait for a reply which can't come are told so, and no others are disturbed."""

import imagezmq
import pytest
import zmq

from imagehub.testing import FakeClock
from imagehub.waking import QUIET_SECONDS, TEXT, Waker

SECONDS = 5000


class Door:
    """A ROUTER with its waker, on a port of the test's."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str = "tcp://127.0.0.1:*") -> None:
        self.clock = FakeClock()
        self.waker = Waker(self.clock.monotonic)
        self.router = context.socket(zmq.ROUTER)
        self.router.setsockopt(zmq.LINGER, 0)
        self.monitor = self.waker.start(context, self.router)
        self.router.bind(endpoint)
        self.endpoint = bytes(self.router.get(zmq.LAST_ENDPOINT)).rstrip(b"\0").decode()

    def accept(self) -> None:
        """Take in one connection."""
        assert self.monitor.poll(SECONDS)
        self.waker.connected(self.monitor)

    def receive(self) -> list[bytes]:
        """Take one message."""
        assert self.router.poll(SECONDS)
        frames = self.router.recv_multipart()
        self.waker.heard(frames[0], 1)
        return frames

    def wait_and_wake(self) -> None:
        """Let the time pass that a quiet connection is given."""
        self.clock.pass_(QUIET_SECONDS + 0.1)
        self.waker.wake(self.router)

    def close(self) -> None:
        """Go away."""
        self.router.disable_monitor()
        self.router.close()
        self.monitor.close()


@pytest.fixture
def context() -> zmq.Context[zmq.Socket[bytes]]:
    """A context of the test's own."""
    return zmq.Context.instance()


def sender(endpoint: str) -> imagezmq.ImageSender:
    """Return a stock sender that fails rather than waits for ever."""
    stock = imagezmq.ImageSender(connect_to=endpoint)
    stock.zmq_socket.setsockopt(zmq.RCVTIMEO, SECONDS)
    stock.zmq_socket.setsockopt(zmq.LINGER, 0)
    return stock


def test_req_drops_what_comes_unasked(context: zmq.Context[zmq.Socket[bytes]]) -> None:
    """Being woken means nothing to a sender that was not waiting: the next request gets its own reply."""
    with context.socket(zmq.ROUTER) as router, context.socket(zmq.REQ) as node:
        router.bind("inproc://unasked")
        node.connect("inproc://unasked")
        for reply in (b"first", b"second", b"third"):
            node.send(b"request")
            identity = router.recv_multipart()[0]
            router.send_multipart([identity, b"", reply])
            assert node.recv() == reply
            router.send_multipart([identity, b"", TEXT])


def test_a_sender_that_spoke_is_never_woken(context: zmq.Context[zmq.Socket[bytes]]) -> None:
    """A slow store is no reason: the request is known, and its reply will come."""
    door = Door(context)
    with sender(door.endpoint) as stock:
        door.accept()
        stock.zmq_socket.send_jpg("Barn|jpg|", b"\xff\xd8")
        door.receive()
        assert door.waker.pause_seconds() is None
    door.close()


def test_a_reply_that_the_sender_no_longer_waits_for_is_withheld() -> None:
    """One that took the waking for its answer sends again; the late reply would pass for the next one's."""
    waker = Waker(FakeClock().monotonic)
    waker._unanswered[b"peer"] = None
    waker.heard(b"peer", 7)
    waker.heard(b"peer", 8)
    assert waker.silences(b"peer", 7)
    assert not waker.silences(b"peer", 8)
    assert not waker.silences(b"peer", 9)
