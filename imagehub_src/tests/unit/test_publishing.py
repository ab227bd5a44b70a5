"""Viewers get what was stored, as an imageZMQ publisher would send it."""

import json
from collections.abc import Iterator

import pytest
import zmq

from imagehub import wire
from imagehub.errors import SettingsError
from imagehub.publishing import Publisher
from imagehub.wire import EventMessage, ImageMessage
from requirements_here import require
from running import free_port, until
from sockets import Sockets, has_ipv6

JPEG = b"\xff\xd8 picture"
BARN = wire.camera("Barn P1")
IMAGE = ImageMessage(BARN, "jpg", "Barn P1|jpg|", JPEG, None, "an-id")


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    """Sockets of the test's own."""
    with Sockets() as sockets:
        yield sockets


def viewer(sockets: Sockets, publisher: Publisher, endpoint: str) -> zmq.Socket[bytes]:
    """Return a socket that is subscribed, as `imagezmq.ImageHub` with REQ_REP=False has one."""
    socket = sockets.connect(zmq.SUB, endpoint)
    socket.subscribe(b"")

    def connected() -> bool:
        publisher(IMAGE)
        return bool(socket.poll(10))

    until(connected, "the viewer to be connected")
    publisher(EventMessage(BARN, "end", "Barn P1|end|", b""))
    while socket.recv_multipart()[1] != b"":
        pass
    return socket


@pytest.fixture
def endpoint() -> str:
    """A place where nobody publishes."""
    return f"tcp://127.0.0.1:{free_port()}"


@pytest.fixture
def publisher(sockets: Sockets, endpoint: str) -> Iterator[Publisher]:
    """A publisher at that place."""
    publisher = Publisher(sockets.context, endpoint)
    yield publisher
    publisher.close()


def test_an_image_is_sent_as_send_jpg_would(sockets: Sockets, publisher: Publisher, endpoint: str) -> None:
    """Two frames: JSON with the text alone, then the picture."""
    socket = viewer(sockets, publisher, endpoint)
    publisher(IMAGE)
    header, body = socket.recv_multipart()
    assert (json.loads(header), body) == ({"msg": "Barn P1|jpg|"}, JPEG)
    assert wire.parse([header, body]) == IMAGE._replace(id=None)


def test_an_event_is_sent_with_its_tiny_image(sockets: Sockets, publisher: Publisher, endpoint: str) -> None:
    """Viewers that wait for events get them as the hub did, whatever script they are in."""
    socket = viewer(sockets, publisher, endpoint)
    event = EventMessage(wire.camera("谷仓"), "motion", "谷仓|motion|moving", JPEG)
    publisher(event)
    assert wire.parse(socket.recv_multipart()) == event


def test_bytes_of_shared_memory_are_sent_as_they_are_now(sockets: Sockets, publisher: Publisher, endpoint: str) -> None:
    """The memory that an image lies in is used for the next one at once; viewers still get the right picture."""
    socket = viewer(sockets, publisher, endpoint)
    memory = bytearray(JPEG)
    publisher(IMAGE._replace(body=memoryview(memory)))
    memory[:] = bytes(len(memory))
    assert socket.recv_multipart()[1] == JPEG


def test_a_viewer_that_does_not_look_slows_nobody(sockets: Sockets, publisher: Publisher, endpoint: str) -> None:
    """Pictures for a viewer that fetches none are dropped: publishing never waits, and memory is bounded."""
    socket = viewer(sockets, publisher, endpoint)
    large = IMAGE._replace(body=JPEG.ljust(1 << 20))
    for _ in range(200):
        publisher(large)
    publisher.close()
    received = 0
    while socket.poll(200):
        socket.recv_multipart()
        received += 1
    assert received < 200


def test_without_viewers_nothing_waits(publisher: Publisher) -> None:
    """A hub that nobody looks at publishes into the air."""
    for _ in range(100):
        publisher(IMAGE)


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_a_port_that_is_taken_is_a_fault_of_the_settings(sockets: Sockets, address: str) -> None:
    """The error names the setting, the address and the cause."""
    require("[" not in address or has_ipv6(), "IPv6 on loopback")
    _, endpoint = sockets.bind(zmq.PUB, address)
    with pytest.raises(SettingsError, match=r"hub\.publish_port: can't listen on tcp://.*: Address already in use"):
        Publisher(sockets.context, endpoint)


def test_an_address_of_ipv6_can_be_published_at(sockets: Sockets) -> None:
    """A hub bound to an IPv6 address publishes there too."""
    require(has_ipv6(), "IPv6 on loopback")
    endpoint = f"tcp://[::1]:{free_port()}"
    publisher = Publisher(sockets.context, endpoint)
    assert viewer(sockets, publisher, endpoint) is not None
    publisher.close()


def test_viewers_learn_when_a_late_picture_was_taken(sockets: Sockets, publisher: Publisher, endpoint: str) -> None:
    """The header says so as the sender did, and has no such key where it did not say, or not well."""
    socket = viewer(sockets, publisher, endpoint)
    late = IMAGE._replace(taken="2026-11-21T02:00:00.000000+01:00")
    for message in (late, IMAGE._replace(taken=wire.TAKEN_UNREADABLE)):
        publisher(message)
    assert json.loads(socket.recv_multipart()[0]) == {"msg": "Barn P1|jpg|", "taken": late.taken}
    assert json.loads(socket.recv_multipart()[0]) == {"msg": "Barn P1|jpg|"}
