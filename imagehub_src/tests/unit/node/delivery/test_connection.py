"""Waiting for a reply ends when the node stops."""

import threading
import time

import pytest

from imagehub.node.delivery.connection import StoppableConnection, StoppedError
from peers import Peer
from running import until


def test_a_stop_ends_the_wait_at_once() -> None:
    """A node with a patience of a minute stops within a moment."""
    stop = threading.Event()
    with Peer(lambda _: None) as hub:
        connection = StoppableConnection(hub.endpoint, None, stop)

        def stop_once_heard() -> None:
            until(lambda: hub.heard, "the request")
            stop.set()

        threading.Thread(target=stop_once_heard, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(StoppedError):
            connection.exchange((b'{"msg": "Barn P1|jpg", "id": "a-1"}', b""), 60)
        assert time.monotonic() - began < 10
        connection.close()


def test_silence_lasts_as_long_as_it_may() -> None:
    """Without a stop the time given is the time waited."""
    with Peer(lambda _: None) as hub:
        connection = StoppableConnection(hub.endpoint, None, threading.Event())
        began = time.monotonic()
        assert connection.exchange((b'{"msg": "Barn P1|jpg", "id": "a-1"}', b""), 0.25) is None
        assert 0.25 <= time.monotonic() - began < 5
        connection.close()
        answered = StoppableConnection(hub.endpoint, None, threading.Event())
        hub._answer = lambda _: b"OK"
        assert answered.exchange((b'{"msg": "Barn P1|jpg", "id": "a-2"}', b""), 10) == b"OK"
        answered.close()
