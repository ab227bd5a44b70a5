"""The post office against hubs in memory: in order, through refusals, commands and faults."""

import threading
from itertools import chain, repeat
from pathlib import Path

import pytest

from fake_hubs import FakeConnection, World
from imagehub.errors import ImagehubError
from imagehub.node.delivery import office
from imagehub.node.delivery.office import Office
from imagehub.node.delivery.spool import SpoolInUseError
from imagehub.node.delivery.waiting import Limits
from imagehub.sender import CurveKeys
from posting import NOON, event, image, number_of, running_office, settings, threads_of_an_office
from running import until

FIRST, SECOND = "tcp://first:5555", "tcp://second:5555"


def surroundings(world: World) -> office.Surroundings:
    """Return what an office needs to reach hubs in memory; its clock is the real one."""

    def connect(endpoint: str, _keys: CurveKeys | None, _stop: threading.Event) -> FakeConnection:
        world.hubs[endpoint].opened += 1
        return FakeConnection(world.hubs[endpoint], world.clock)

    return office.Surroundings(connect=connect, now=lambda: NOON, random=lambda: 0.0, limits=Limits())


def sent(made: Office, count: int) -> None:
    """Wait until so many messages are sent."""
    until(lambda: made.status().sent >= count, f"{count} messages")


def test_messages_are_sent_in_the_order_of_put() -> None:
    """A picture and the event before it arrive as they happened."""
    world = World(first=repeat(b"OK"))
    with running_office(settings(FIRST), surroundings=surroundings(world)) as made:
        for number in range(20):
            made.put(event(number))
        sent(made, 20)
    assert [number_of(text) for text in world.hubs[FIRST].texts()] == list(range(20))
    assert threads_of_an_office() == []


def test_a_command_is_passed_on_and_its_message_is_stored() -> None:
    """The reply of a hub that wants something is for the node; other messages go on."""
    world = World(first=chain([b"OK", b"SendFrames 10"], repeat(b"OK")))
    heard: list[str] = []
    with running_office(settings(FIRST), heard.append, surroundings(world)) as made:
        for number in range(3):
            made.put(event(number))
        sent(made, 3)
    assert heard == ["SendFrames 10"]
    assert len(world.hubs[FIRST].heard) == 3


def test_a_node_that_fails_at_a_command_goes_on_sending() -> None:
    """The message that brought it is not sent again."""
    world = World(first=chain([b"Nonsense"], repeat(b"OK")))

    def fail(_: str) -> None:
        raise ValueError("no such command")

    with running_office(settings(FIRST), fail, surroundings(world)) as made:
        made.put(event(1))
        made.put(event(2))
        sent(made, 2)
    assert [number_of(text) for text in world.hubs[FIRST].texts()] == [1, 2]


@pytest.mark.parametrize("reason", [b"NOT STORED disk full", b"NOT STORED daily limit", b"NOT STORED hub stopped"])
def test_a_hub_that_can_t_store_now_is_tried_again(reason: bytes) -> None:
    """The message waits at the head of the line, under one id, until the hub has room."""
    world = World(first=chain([reason, reason], repeat(b"OK")))
    with running_office(settings(FIRST), surroundings=surroundings(world)) as made:
        made.put(image(1))
        made.put(event(2))
        sent(made, 2)
    ids = world.hubs[FIRST].ids()
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_with_a_second_hub_the_full_one_is_left() -> None:
    """The message goes to the next hub at once, without a pause."""
    world = World(first=repeat(b"NOT STORED disk full"), second=repeat(b"OK"))
    with running_office(settings(FIRST, SECOND), surroundings=surroundings(world)) as made:
        made.put(event(1))
        made.put(event(2))
        sent(made, 2)
        status = made.status()
    assert (status.hub, status.answering, status.last_error) == (SECOND, True, "NOT STORED disk full")
    assert len(world.hubs[FIRST].heard) == 1
    assert [number_of(text) for text in world.hubs[SECOND].texts()] == [1, 2]


def test_what_will_never_be_taken_does_not_stop_the_line(tmp_path: Path) -> None:
    """It is set aside with the reason, and the hub's log gets an event about it."""
    world = World(first=chain([b"NOT STORED the image is not a JPEG"], repeat(b"OK")))
    with running_office(settings(FIRST, folder=tmp_path), surroundings=surroundings(world)) as made:
        made.put(image(1))
        made.put(event(2))
        sent(made, 2)
        assert made.status().refused == 1
    assert world.hubs[FIRST].texts() == [
        "Barn P1|jpg",
        "Barn P1|count|2",
        "Barn|Spool|refused 1 image, oldest 2026-03-14T12:00:01+01:00, the image is not a JPEG",
    ]
    assert len(list((tmp_path / "refused").iterdir())) == 2


def test_a_folder_that_can_t_be_used_leaves_a_node_that_sends(tmp_path: Path) -> None:
    """A missing card stops no camera; an event says that there is no spool."""
    (tmp_path / "file").write_text("no folder")
    world = World(first=repeat(b"OK"))
    with running_office(settings(FIRST, folder=tmp_path / "file"), surroundings=surroundings(world)) as made:
        made.put(event(1))
        sent(made, 2)
    assert "can't be used (File exists)" in world.hubs[FIRST].texts()[1]


def test_a_folder_in_use_is_an_error_at_the_start(tmp_path: Path) -> None:
    """Two nodes on one machine are told before they mix their messages."""
    world = World(first=repeat(b"OK"))
    with (
        running_office(settings(FIRST, folder=tmp_path), surroundings=surroundings(world)),
        pytest.raises(SpoolInUseError, match="another node uses the spool"),
    ):
        Office(settings(FIRST, folder=tmp_path), lambda _: None, surroundings(world)).start()


def test_an_office_closes_at_once_while_its_hub_is_silent(tmp_path: Path) -> None:
    """What waits is on disk then; the next start has it."""
    world = World(first=repeat(None))
    made = Office(settings(FIRST, folder=tmp_path), lambda _: None, surroundings(world))
    made.start()
    for number in range(5):
        made.put(event(number))
    until(lambda: made.status().last_error, "the first silence")
    assert made.status().last_error == f"no answer from {FIRST} within 0.5 s"
    made.close(60)
    assert threads_of_an_office() == []
    assert len(list(tmp_path.glob("*.message"))) == 5
    made.close(60)


def test_a_hub_that_is_no_endpoint_is_an_error_at_the_start(tmp_path: Path) -> None:
    """A mistyped hub is told to who starts the node; nothing runs, and the folder is free."""
    made = Office(settings("barn:5555", folder=tmp_path), lambda _: None)
    with pytest.raises(ImagehubError, match=r"'barn:5555'.*expected tcp://HOST:5555"):
        made.start()
    assert threads_of_an_office() == []
    assert list(tmp_path.iterdir()) == []


def test_nothing_can_be_put_before_the_start() -> None:
    """It would have no place in the order."""
    with pytest.raises(RuntimeError, match="not started"):
        Office(settings(FIRST), lambda _: None).put(event(1))
