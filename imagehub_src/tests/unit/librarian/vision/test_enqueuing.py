"""Each new image of a camera that asks for it comes into the queue once."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from happenings import NOON, SECOND, World, world
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.schema import followers
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision import enqueuing
from imagehub.librarian.vision.queue import rates
from running import until


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog in which nobody looked yet."""
    with world(tmp_path) as made:
        yield made


def queued(barn: World) -> dict[int, int]:
    """Return the priority of each image that waits."""
    with barn.engine.connect() as connection:
        rows = connection.execute(select(table.c.image_id, table.c.priority))
        return {row.image_id: row.priority for row in rows}


def test_images_of_cameras_that_ask_for_it_are_put(barn: World) -> None:
    """For their objects or their plates; what was there before is no news, and nothing comes twice."""
    plain, looked, read = barn.camera("A"), barn.camera("B", check_objects=True), barn.camera("C", alpr=True)
    old = barn.image(looked, NOON)
    enqueuing.begin(barn.engine)
    new = [barn.image(camera, NOON + number) for number, camera in enumerate((plain, looked, read))]
    assert enqueuing.follow(barn.engine, NOON, batch=2) == 2
    enqueuing.begin(barn.engine)
    assert enqueuing.follow(barn.engine, NOON) == 0
    assert set(queued(barn)) == set(new[1:])
    assert old not in queued(barn)


def test_images_after_motion_go_first(barn: World) -> None:
    """Within a minute, and of the same camera."""
    enqueuing.begin(barn.engine)
    camera, other = barn.camera("A", check_objects=True), barn.camera("B", check_objects=True)
    barn.event(camera, NOON)
    barn.event(other, NOON, "B P1|Temp|3 C", kind="temperature")
    offsets = {-1: 1, 0: 2, 60: 2, 61: 1}
    expected = {barn.image(camera, NOON + offset * SECOND): level for offset, level in offsets.items()}
    expected[barn.image(other, NOON + SECOND)] = 1
    enqueuing.follow(barn.engine, NOON)
    assert queued(barn) == expected


def test_an_image_that_is_going_is_not_put(barn: World) -> None:
    """Nobody looks at what is being deleted."""
    enqueuing.begin(barn.engine)
    barn.image(barn.camera(check_objects=True), NOON, state="going")
    assert enqueuing.follow(barn.engine, NOON) == 0
    assert enqueuing.follow(barn.engine, NOON) == 0


def test_a_second_librarian_is_noticed(barn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And puts nothing."""
    enqueuing.begin(barn.engine)
    barn.image(barn.camera(check_objects=True), NOON)
    with writing(barn.engine) as connection:
        connection.execute(update(followers).values(image=5))
        monkeypatch.setattr(enqueuing, "_position", lambda _: 0)
        with pytest.raises(CatalogError, match="another librarian"):
            enqueuing._next(connection, NOON, 10)


def test_a_queue_that_is_too_long_is_cut_and_said(barn: World, caplog: pytest.LogCaptureFixture) -> None:
    """The oldest images are not looked at; how many is counted."""
    enqueuing.begin(barn.engine)
    camera = barn.camera(check_objects=True)
    numbers = [barn.image(camera, NOON + number) for number in range(5)]
    enqueuing.follow(barn.engine, NOON)
    with caplog.at_level(logging.WARNING):
        assert enqueuing.tidy(barn.engine, NOON, most=3) == 2
    assert set(queued(barn)) == set(numbers[2:])
    assert "2 older ones are not looked at" in caplog.text
    with barn.engine.connect() as connection:
        assert rates.state(connection, NOON).dropped == 2


def test_the_part_puts_what_arrives(barn: World) -> None:
    """As soon as it is announced, until it is stopped."""
    arrivals, stop, camera = Arrivals(), threading.Event(), barn.camera(check_objects=True)
    thread = threading.Thread(target=enqueuing.part(barn.engine, arrivals), args=(stop,))
    thread.start()
    try:
        until(lambda: _began(barn), "the follower")
        number = barn.image(camera, time.time_ns() // 1000)
        arrivals.announce()
        until(lambda: number in queued(barn), "the job")
    finally:
        stop.set()
        arrivals.announce()
        thread.join(30)
    assert not thread.is_alive()


def _began(barn: World) -> bool:
    with barn.engine.connect() as connection:
        return connection.execute(select(followers)).first() is not None
