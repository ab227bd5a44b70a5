"""The guide to security is true: its code is accepted by a hub that asks for keys, and nothing else is."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zmq
import zmq.auth

from imagehub import keys
from running import DEADLINE_SECONDS, JPEG, RunningHub, running_hub

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "security.md"
REFUSED_SECONDS = 1.0  # an admitted sender has its reply after some milliseconds

MakeSender = Callable[[str], Any]


@pytest.fixture(scope="module")
def curve_image_sender() -> Any:
    """The class that the guide tells people to copy."""
    code = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    return names["CurveImageSender"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A hub that admits Barn."""
    for name in ("hub", "Barn"):
        keys.new(name, tmp_path / "keys")
    keys.new("Stranger", tmp_path / "elsewhere")
    with running_hub(tmp_path, curve_keys_directory="keys") as hub:
        yield hub


@pytest.fixture
def make_sender(curve_image_sender: Any, hub: RunningHub) -> MakeSender:
    """Makes the guide's sender with one of the keys, and a deadline so that the test ends."""

    def make(own_key: str) -> Any:
        hub_key = hub.folder / "keys" / "hub.key"
        sender = curve_image_sender(connect_to=hub.endpoint, hub_key=hub_key, own_key=hub.folder / own_key)
        sender.zmq_socket.linger = 0
        sender.zmq_socket.rcvtimeo = int(DEADLINE_SECONDS * 1000)
        return sender

    return make


def test_the_sender_of_the_guide_is_admitted(hub: RunningHub, make_sender: MakeSender) -> None:
    """Copied into a program, with the keys where the guide puts them, it sends and is answered OK."""
    with closing(make_sender("keys/Barn.key_secret")) as sender:
        assert [sender.send_jpg("Barn P1|jpg", JPEG) for _ in range(3)] == [b"OK"] * 3
    assert len(hub.images()) == 3


def test_a_sender_with_another_key_is_not(hub: RunningHub, make_sender: MakeSender) -> None:
    """Who has the hub's public key alone, and a pair that the hub does not know, gets no word out of it."""
    with closing(make_sender("elsewhere/Stranger.key_secret")) as stranger:
        stranger.zmq_socket.rcvtimeo = int(REFUSED_SECONDS * 1000)
        with pytest.raises(zmq.Again):
            stranger.send_jpg("Barn P1|jpg", JPEG)
    assert hub.images() == []


def test_a_sender_without_keys_is_not(hub: RunningHub) -> None:
    """A hub that asks for keys talks to nobody in clear."""
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(hub.endpoint)
        socket.send_multipart([b'{"msg": "Barn P1|jpg"}', JPEG])
        assert not socket.poll(int(REFUSED_SECONDS * 1000))
    assert hub.images() == []
