"""Golden bytes: what the imagezmq package sends, kept here and compared with what it sends today."""

import json
from pathlib import Path
from typing import Any

import imagezmq
import numpy
import pytest
import zmq

from imagehub import wire
from imagehub.wire import EventMessage, ImageMessage

FOLDER = Path(__file__).parents[1] / "golden"
GREY = numpy.arange(12, dtype="uint8").reshape(3, 4)
BGR = numpy.arange(36, dtype="uint8").reshape(3, 4, 3)
TINY = numpy.zeros((3, 3), dtype="uint8")
JPEG = b"\xff\xd8\xff\xe0 golden \xff\xd9"

SESSIONS: dict[str, tuple[str, str, Any]] = {
    "jpg": ("send_jpg", "JeffOffice Window|jpg|", JPEG),
    "grey": ("send_image", "Barn P1|image|", GREY),
    "bgr": ("send_image", "Barn P1|image|", BGR),
    "bgr-slice": ("send_image", "Barn P1|image|", BGR[:, ::2]),
    "event-raw": ("send_image", "Barn|motion|moving", TINY),
    "event-jpg": ("send_jpg", "Barn|Temp|68 F", JPEG),
}


def frames_of(method: str, text: str, body: Any) -> list[bytes]:
    """Let the stock sender send to a REP socket, and return the frames that arrive."""
    with zmq.Context() as context, context.socket(zmq.REP) as hub:
        port = hub.bind_to_random_port("tcp://127.0.0.1")
        with imagezmq.ImageSender(connect_to=f"tcp://127.0.0.1:{port}", REQ_REP=True) as sender:
            _send_without_waiting(sender, method, text, body)
            frames = hub.recv_multipart()
            hub.send(b"OK")
            assert sender.zmq_socket.recv() == b"OK"
    return frames


def _send_without_waiting(sender: imagezmq.ImageSender, method: str, text: str, body: Any) -> None:
    if method == "send_jpg":
        sender.zmq_socket.send_jpg(text, body, copy=False)
    else:
        sender.zmq_socket.send_array(numpy.ascontiguousarray(body), text, copy=False)


def golden(name: str) -> list[bytes]:
    """Return the frames that are kept: a header line, then the body."""
    header, _, body = (FOLDER / f"{name}.bin").read_bytes().partition(b"\n")
    return [header, body]


@pytest.mark.parametrize("name", SESSIONS)
def test_stock_senders_send_the_golden_bytes(name: str) -> None:
    """What the installed imagezmq sends is, byte for byte, what is kept."""
    assert frames_of(*SESSIONS[name]) == golden(name)


@pytest.mark.parametrize("name", SESSIONS)
def test_the_golden_bytes_are_understood(name: str) -> None:
    """Every golden message is read as what it is, with its text, shape and bytes."""
    _, text, body = SESSIONS[name]
    message = wire.parse(golden(name))
    assert isinstance(message, EventMessage if name.startswith("event") else ImageMessage)
    assert message.text == text
    if isinstance(message, ImageMessage):
        assert message.shape == (None if isinstance(body, bytes) else body.shape)
        assert message.body == (body if isinstance(body, bytes) else numpy.ascontiguousarray(body).tobytes())


def test_headers_are_json_with_the_text_first() -> None:
    """The header is the JSON that imagezmq 1.x documents."""
    assert json.loads(golden("bgr")[0]) == {"msg": "Barn P1|image|", "dtype": "uint8", "shape": [3, 4, 3]}
    assert json.loads(golden("jpg")[0]) == {"msg": "JeffOffice Window|jpg|"}
