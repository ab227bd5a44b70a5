"""Frames for viewers: the newest, in imageZMQ's format."""

import threading
import time

import imagezmq
import pytest
import zmq

from imagehub.errors import ImagehubError
from imagehub.node.delivery.publishing import Publisher
from running import until
from sockets import Sockets

FRAME_BYTES = 500_000


def test_a_subscriber_gets_imagezmq_s_two_parts() -> None:
    """A JSON header with the text, then the JPEG."""
    with Publisher(0, "127.0.0.1") as publisher, Sockets() as sockets:
        viewer = sockets.connect(zmq.SUB, f"tcp://127.0.0.1:{publisher.port}")
        viewer.subscribe(b"")

        def seen() -> int:
            publisher.publish("Barn P1|jpg", b"\xff\xd8 a picture")
            return viewer.poll(10)

        until(seen, "the first frame")
        assert viewer.recv_multipart() == [b'{"msg": "Barn P1|jpg"}', b"\xff\xd8 a picture"]


def test_imagezmq_s_own_subscriber_reads_it() -> None:
    """A viewer that people have works unchanged."""
    with (
        Publisher(0, "127.0.0.1") as publisher,
        imagezmq.ImageHub(f"tcp://127.0.0.1:{publisher.port}", REQ_REP=False) as viewer,
    ):

        def seen() -> int:
            publisher.publish("Barn P1|jpg", b"\xff\xd8 a picture")
            return int(viewer.zmq_socket.poll(10))

        until(seen, "the first frame")
        text, jpeg = viewer.recv_jpg()
        assert (text, bytes(jpeg)) == ("Barn P1|jpg", b"\xff\xd8 a picture")


def test_a_slow_subscriber_is_not_sent_the_past() -> None:
    """A viewer that slept through hundreds of frames gets a few old ones at most, then the newest."""
    with Publisher(0, "127.0.0.1") as publisher, Sockets() as sockets:
        slow = sockets.connect(zmq.SUB, f"tcp://127.0.0.1:{publisher.port}", rcvhwm=1, rcvbuf=128 << 10)
        slow.subscribe(b"")
        body = b"\xff\xd8" + bytes(FRAME_BYTES)

        def seen() -> int:
            publisher.publish("Barn P1|start", body)
            return slow.poll(10)

        until(seen, "the first frame")
        longest = 0.0
        for number in range(300):
            began = time.monotonic()
            publisher.publish(f"Barn P1|{number}", body)
            longest = max(longest, time.monotonic() - began)
            threading.Event().wait(0.001)
        behind = 0
        while slow.poll(200):
            slow.recv_multipart()
            behind += 1
        publisher.publish("Barn P1|last", body)
        assert slow.recv_multipart()[0] == b'{"msg": "Barn P1|last"}'
        assert behind < 30
        assert longest < 1.0


def test_each_view_has_its_own_newest_frame() -> None:
    """A fast camera does not push out the frame of a slow one."""
    publisher = Publisher(0, "127.0.0.1")
    publisher.close()  # so that nothing is sent, and what waits can be seen
    for number in range(3):
        publisher.publish("Barn P1|jpg", b"%d" % number)
        publisher.publish("Barn W1|jpg", b"%d" % number)
    assert [(name, body) for name, (_, body) in publisher._newest.items()] == [("Barn P1", b"2"), ("Barn W1", b"2")]


def test_a_port_in_use_is_told() -> None:
    """With what to change."""
    with (
        Publisher(0, "127.0.0.1") as first,
        pytest.raises(ImagehubError, match=rf"can't publish on port {first.port} .*publish_port"),
    ):
        Publisher(first.port, "127.0.0.1")
