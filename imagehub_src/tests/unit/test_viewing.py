"""The newest picture of a PUB sender, however slow its viewer is."""

import json

import imagezmq
import numpy as np
import pytest
import zmq

from imagehub.errors import ImagehubError
from imagehub.viewing import NewestImages, Picture
from running import free_port, until
from sockets import Sockets


def message(text: str, body: bytes = b"\xff\xd8") -> list[bytes]:
    """Return a message as imageZMQ publishes it."""
    return [json.dumps({"msg": text}).encode(), body]


def test_a_stock_publisher_s_pictures_are_read() -> None:
    """`imagezmq.ImageSender(REQ_REP=False)`, with a JPEG and with an array."""
    port = free_port()
    with (
        imagezmq.ImageSender(connect_to=f"tcp://127.0.0.1:{port}", REQ_REP=False) as camera,
        NewestImages(f"tcp://127.0.0.1:{port}") as pictures,
    ):
        jpg = until(lambda: camera.send_jpg("Barn P1|jpg", b"\xff\xd8 1") or pictures.next_within(0.01), "a JPEG")
        assert jpg == Picture("Barn P1|jpg", b"\xff\xd8 1")
        array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
        camera.send_image("Barn W1|image", array)
        raw = until(lambda: next(pictures), "an array")
        while raw.shape is None:
            raw = next(pictures)
        assert raw == Picture("Barn W1|image", array.tobytes(), (2, 4, 3))


def test_a_viewer_that_slept_sees_the_newest_and_not_the_past() -> None:
    """What waited meanwhile is passed over; a plain SUB socket shows the same viewer the past."""
    with Sockets() as sockets:
        publisher, endpoint = sockets.bind(zmq.PUB)
        plain = sockets.connect(zmq.SUB, endpoint)
        plain.subscribe(b"")
        with NewestImages(endpoint) as pictures:

            def both_hear() -> bool:
                publisher.send_multipart(message("Barn P1|start"))
                return pictures.next_within(0.01) is not None and bool(plain.poll(0))

            until(both_hear, "both viewers")
            for number in range(50):
                publisher.send_multipart(message(f"Barn P1|{number}"))
            seen: list[Picture] = []

            def sees_the_last() -> bool:
                picture = pictures.next_within(0.01)
                seen.extend([picture] if picture else [])
                return bool(seen) and seen[-1].text == "Barn P1|49"

            until(sees_the_last, "the newest picture")
            assert len(seen) < 25
            assert pictures.passed_over > 25
        assert json.loads(plain.recv_multipart()[0])["msg"] == "Barn P1|start"  # the control: the past


def test_cameras_behind_one_endpoint_take_turns() -> None:
    """A camera of many pictures does not hide one of few."""
    with Sockets() as sockets:
        publisher, endpoint = sockets.bind(zmq.PUB)
        with NewestImages(endpoint) as pictures:
            for number in range(3):
                for name in ("Barn P1", "Barn W1"):
                    picture = Picture(f"{name}|{number}", b"")
                    pictures._keep(picture)
            assert [pictures.next_within(0) for _ in range(3)] == [
                Picture("Barn P1|2", b""), Picture("Barn W1|2", b""), None,
            ]  # fmt: skip
        assert publisher is not None


@pytest.mark.parametrize(
    "frames", [[b"{}"], [b"{}", b""], [b"no JSON", b""], [b"[]", b""], [b'{"msg": "a", "shape": 5}', b""], [b"a"] * 3]
)
def test_what_is_no_picture_is_passed_over(frames: list[bytes]) -> None:
    """Whatever is published, the viewer waits for a picture."""
    with Sockets() as sockets:
        publisher, endpoint = sockets.bind(zmq.PUB)
        with NewestImages(endpoint) as pictures:

            def sees() -> Picture | None:
                publisher.send_multipart(frames)
                publisher.send_multipart(message("Barn P1|jpg"))
                return pictures.next_within(0.01)

            assert until(sees, "a picture").text == "Barn P1|jpg"


def test_an_endpoint_that_is_none_is_told() -> None:
    """With what one looks like."""
    with pytest.raises(ImagehubError, match=r"expected tcp://HOST:5556"):
        NewestImages("barn")
