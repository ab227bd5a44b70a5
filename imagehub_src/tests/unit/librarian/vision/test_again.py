"""Images of some days are looked into again."""

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from happenings import NOON, SECOND
from imagehub.errors import ImagehubError
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import cameras, days
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision import again
from imagehub.librarian.vision.queue import jobs
from looking_into import Gallery, gallery

DAY = date(2026, 11, 21)
SPAN = again.Span(DAY, DAY)


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Gallery]:
    """Give two cameras with three images each, of which one is looked at."""
    with gallery(tmp_path) as made:
        for name, wanted in (("Barn", True), ("Yard", False)):
            camera = made.barn.camera(name, check_objects=wanted)
            for number in range(3):
                made.picture(camera, "dog", NOON + number * SECOND)
            with writing(made.engine) as connection:
                row = {"day": DAY.isoformat(), "camera_id": camera, "images": 3, "events": 0, "bytes": 9}
                connection.execute(insert(days).values(**row))
        yield made


def waiting(shown: Gallery) -> list[int]:
    """Return the images that wait, if they do with the least priority."""
    wanted = select(table.c.image_id).where(table.c.priority == jobs.AGAIN, table.c.state == jobs.WAITING)
    with shown.engine.connect() as connection:
        return sorted(connection.execute(wanted).scalars())


def test_images_of_cameras_that_are_looked_at_wait_behind_all_others(shown: Gallery) -> None:
    """Those of the days that were said, and what was put aside too; a second time changes nothing."""
    with writing(shown.engine) as connection:
        connection.execute(update(days).values(day="2026-11-20").where(days.c.camera_id == 9))
    shown.put(2)
    with writing(shown.engine) as connection:
        connection.execute(update(table).values(state=jobs.DEAD))
    for _ in range(2):
        assert again.run(shown.engine, SPAN, wait=False) == 0
        assert waiting(shown) == [1, 2, 3]
    assert again.run(shown.engine, again.Span(date(2026, 11, 1), date(2026, 11, 20)), wait=True) == 0


def test_cameras_can_be_named(shown: Gallery) -> None:
    """Also one whose images are not looked at by themselves; one that is not there is said."""
    again.run(shown.engine, SPAN._replace(cameras=["Yard P1"]), wait=False)
    assert waiting(shown) == [4, 5, 6]
    with pytest.raises(ImagehubError, match="no camera 'Gate'; there are: Barn P1, Yard P1"):
        again.run(shown.engine, SPAN._replace(cameras=["Gate"]), wait=False)
    with writing(shown.engine) as connection:
        connection.execute(update(cameras).values(check_objects=False))
    with pytest.raises(ImagehubError, match="no camera has its images looked into"):
        again.run(shown.engine, SPAN, wait=False)


def test_it_ends_when_all_are_looked_at(
    shown: Gallery, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says before whether anybody looks."""
    monkeypatch.setattr(again, "LOOK_SECONDS", 0.01)
    stop = threading.Event()
    shown.now_us = 1 << 60
    thread = threading.Thread(target=shown.loop.work, args=(stop,))
    thread.start()
    try:
        assert again.run(shown.engine, SPAN, wait=True) == 0
    finally:
        stop.set()
        thread.join(30)
    said = capsys.readouterr().err
    assert "put into the queue 3 in" in said
    assert "no worker is there" in said
    assert "looked at 3 in" in said
    assert shown.found(1) == ["dog"]


def test_who_does_not_want_to_wait_leaves_the_images_in_the_queue(
    shown: Gallery, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C says so."""

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("imagehub.librarian.vision.again.time.sleep", interrupt)
    assert again.run(shown.engine, SPAN, wait=True) == 130
    assert "3 images stay in the queue" in capsys.readouterr().err
    assert waiting(shown) == [1, 2, 3]
