"""A sender that never hangs, against hubs in memory."""

import json
from datetime import datetime, timedelta, timezone
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np
import pytest

from fake_hubs import World
from imagehub import keys, sender, waking
from imagehub.errors import ImagehubError
from imagehub.sender import CurveKeys, NoAnswerError, Sender

FIRST, SECOND = "tcp://first:5555", "tcp://second:5555"


def test_a_message_is_what_imagezmq_sends_and_an_id() -> None:
    """Any imageZMQ hub can read it: a JSON header with the text, then the bytes of the picture."""
    world = World(first=[b"OK"])
    assert world.sender().send_jpg("Barn P1|jpg", b"\xff\xd8 a picture") == "OK"
    [(header, body)] = world.hubs[FIRST].heard
    assert json.loads(header) == {"msg": "Barn P1|jpg", "id": world.hubs[FIRST].ids()[0]}
    assert body == b"\xff\xd8 a picture"


def test_an_event_carries_a_black_picture() -> None:
    """An event is a text with a tiny JPEG, as imagenode sends it."""
    world = World(first=[b"OK"])
    world.sender().send_event("Barn P1|motion|moving")
    [(header, body)] = world.hubs[FIRST].heard
    assert json.loads(header)["msg"] == "Barn P1|motion|moving"
    picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (3, 3, 3)
    assert not picture.any()


def test_an_id_a_time_and_a_shape_go_into_the_header() -> None:
    """A picture that waited has its own time and id; an array says how its bytes are to be read."""
    world = World(first=[b"OK"])
    taken = datetime(2026, 3, 14, 9, 26, 53, 589793, timezone(timedelta(hours=1)))
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    sent = world.sender().send("Barn P1|image", array.tobytes(), shape=array.shape, taken=taken, id="a1.b2-7")
    assert sent == "OK"
    [(header, body)] = world.hubs[FIRST].heard
    assert json.loads(header) == {
        "msg": "Barn P1|image",
        "id": "a1.b2-7",
        "taken": "2026-03-14T09:26:53.589793+01:00",
        "dtype": "uint8",
        "shape": [2, 4, 3],
    }
    assert body == array.tobytes()


def test_a_hub_that_can_t_take_a_message_now_is_left_for_the_next() -> None:
    """Which replies mean that is the caller's word; all others are returned."""
    full = b"NOT STORED disk full"
    world = World(first=[full, b"OK"], second=[full])
    sender = world.sender(not_now=full.__eq__)
    assert sender.hub == FIRST
    assert sender.send_jpg("Barn P1|jpg", b"") == "OK"
    assert world.hubs[FIRST].ids()[0] == world.hubs[SECOND].ids()[0] == world.hubs[FIRST].ids()[1]
    assert len(world.pauses) == 1


def test_a_refusal_is_returned_and_not_sent_again() -> None:
    """What a hub says about a message is for the caller to know."""
    world = World(first=[b"NOT STORED disk full"])
    assert world.sender().send_jpg("Barn P1|jpg", b"") == "NOT STORED disk full"
    assert len(world.hubs[FIRST].heard) == 1


def test_a_silent_hub_is_sent_the_same_message_again_on_a_new_connection() -> None:
    """A lost request or reply costs time and no message; the hub can tell the repeat by its id."""
    world = World(first=[None, None, b"OK"])
    assert world.sender().send_jpg("Barn P1|jpg", b"") == "OK"
    hub = world.hubs[FIRST]
    assert len(set(hub.heard)) == 1
    assert len(hub.heard) == hub.opened == 3
    assert hub.closed == 2


def test_each_message_has_an_id_of_its_own() -> None:
    """Two pictures that look the same are two messages."""
    world = World(first=[b"OK", b"OK"])
    with world.sender() as node:
        node.send_jpg("Barn P1|jpg", b"")
        node.send_jpg("Barn P1|jpg", b"")
    assert len(set(world.hubs[FIRST].ids())) == 2
    assert world.hubs[FIRST].opened == world.hubs[FIRST].closed == 1


def test_a_hub_that_lost_the_request_is_sent_it_again() -> None:
    """When a hub that was restarted tells its senders so, nothing is given up."""
    assert waking.TEXT == sender.REQUEST_LOST
    world = World(first=[sender.REQUEST_LOST, b"OK"])
    assert world.sender().send_jpg("Barn P1|jpg", b"") == "OK"
    assert len(set(world.hubs[FIRST].ids())) == 1


def test_the_next_hub_takes_over_after_one_deadline() -> None:
    """With a second hub, a picture waits for the first one no longer than its deadline."""
    world = World(first=[None], second=[b"OK"])
    began = world.clock.monotonic()
    assert world.sender(deadline_seconds=5.0).send_jpg("Barn P1|jpg", b"") == "OK"
    assert world.clock.monotonic() - began == 5.0
    assert world.hubs[FIRST].ids() == world.hubs[SECOND].ids()


def test_the_first_hub_is_tried_again_once_a_minute() -> None:
    """A preferred hub that was down gets its pictures back; until then it costs one deadline a minute."""
    world = World(first=[None, None, b"OK", b"OK"], second=repeat(b"OK"))
    first, node = world.hubs[FIRST], world.sender()
    for _ in range(50):
        node.send_jpg("Barn P1|jpg", b"")
        world.clock.pass_(1.0)
    assert len(first.heard) == 1
    for tries in (2, 3):
        world.clock.pass_(60.0)
        node.send_jpg("Barn P1|jpg", b"")
        assert len(first.heard) == tries
    node.send_jpg("Barn P1|jpg", b"")
    assert len(first.heard) == 4


def test_no_answer_from_any_hub_is_an_error_after_the_time_given() -> None:
    """Nothing waits for ever, and the error names the hubs that were tried."""
    world = World(first=repeat(None), second=repeat(None))
    began = world.clock.monotonic()
    with pytest.raises(NoAnswerError, match="no answer within 60 s from tcp://first:5555, tcp://second:5555"):
        world.sender(give_up_seconds=60.0).send_jpg("Barn P1|jpg", b"")
    assert world.clock.monotonic() - began == pytest.approx(60.0)


@pytest.mark.parametrize(("chance", "pauses"), [(0.0, [0.1, 0.2, 0.4, 0.8]), (1.0, [0.2, 0.4, 0.8, 1.6])])
def test_pauses_grow_and_are_up_to_chance(chance: float, pauses: list[float]) -> None:
    """Many senders don't knock at a struggling hub all at once, again and again."""
    world = World(first=repeat(None))
    with pytest.raises(NoAnswerError):
        world.sender(1.0, 100.0, random=lambda: chance).send_jpg("Barn P1|jpg", b"")
    assert world.pauses[:4] == pytest.approx(pauses)
    assert max(world.pauses) <= sender.LONGEST_PAUSE_SECONDS


def test_an_endpoint_that_is_none_is_an_error_that_shows_what_one_looks_like() -> None:
    """A mistyped hub is told at once, not after a minute of silence."""
    with (
        Sender(["barn:5555"]) as node,
        pytest.raises(ImagehubError, match=r"'barn:5555'.*expected tcp://HOST:5555"),
    ):
        node.send_event("Barn P1|motion|moving")


def test_keys_are_read_from_the_files_that_imagehub_makes(tmp_path: Path) -> None:
    """What `imagehub keys new` made for hub and sender is what the sender takes."""
    keys.new("hub", tmp_path)
    keys.new("barn", tmp_path)
    loaded = CurveKeys.load(tmp_path / "hub.key", tmp_path / "barn.key_secret")
    assert {len(loaded.server), len(loaded.public), len(loaded.secret)} == {40}
    with pytest.raises(ImagehubError, match=r"barn\.key has no secret key"):
        CurveKeys.load(tmp_path / "hub.key", tmp_path / "barn.key")
    with pytest.raises(ImagehubError, match=r"can't read the key file .*deck\.key"):
        CurveKeys.load(tmp_path / "deck.key", tmp_path / "barn.key_secret")
