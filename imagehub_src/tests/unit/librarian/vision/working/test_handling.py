"""What comes of each kind of job."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from happenings import NOON, SECOND
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import images, plate_sightings, plates, regions
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision.queue import jobs
from looking_into import Gallery, gallery


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Gallery]:
    """Give a catalog with pictures."""
    with gallery(tmp_path) as made:
        yield made


def read(shown: Gallery) -> list[str]:
    """Return the plates that were read."""
    with shown.engine.connect() as connection:
        return list(connection.execute(select(plates.c.text).join_from(plate_sightings, plates)).scalars())


def test_what_is_in_an_image_is_recorded_and_its_job_gone(shown: Gallery) -> None:
    """The camera's images before it are looked at too, and what is unsure is left to votes."""
    camera = shown.barn.camera(check_objects=True)
    first = shown.picture(camera, "cat", NOON - SECOND)
    number = shown.picture(camera, "person dog")
    shown.put(number)
    shown.work()
    assert (shown.found(first), shown.found(number)) == ([], ["dog", "person"])
    assert shown.eyes.before == [[b"cat"]]
    assert (shown.jobs(), shown.recorder.quiet) == ([], [False])


def test_images_that_are_looked_at_again_notify_nobody(shown: Gallery) -> None:
    """The recorder is told so."""
    shown.put(shown.picture(shown.barn.camera(check_objects=True), "dog"), jobs.AGAIN)
    shown.work()
    assert shown.recorder.quiet == [True]


def test_what_stands_in_an_ignored_region_is_not_seen(shown: Gallery) -> None:
    """By its foot; zones that rules name hide nothing."""
    camera = shown.barn.camera(check_objects=True)
    number = shown.picture(camera, "dog")
    square = "[[0.4, 0.6], [0.6, 0.6], [0.6, 0.9], [0.4, 0.9]]"
    with writing(shown.engine) as connection:
        connection.execute(insert(regions).values(camera_id=camera, name="a", use="zone", polygon=square))
    shown.put(number)
    shown.work()
    assert shown.found(number) == ["dog"]
    other = shown.picture(camera, "cat", NOON + 1)
    with writing(shown.engine) as connection:
        connection.execute(update(regions).values(use="ignore"))
    shown.put(other)
    shown.work()
    assert shown.found(other) == []


def test_plates_are_read_from_the_picture_that_is_at_hand(shown: Gallery) -> None:
    """Right after its objects, without a second look; without vehicles there is nothing to read."""
    camera = shown.barn.camera(check_objects=True, alpr=True)
    for number, words in enumerate(("car plate:AB12", "dog plate:NOCAR")):
        shown.put(shown.picture(camera, words, NOON + number))
    shown.work()
    assert read(shown) == ["AB12"]
    assert len(shown.eyes.looked) == 2
    assert shown.jobs() == []


def test_a_camera_for_plates_alone_has_no_objects(shown: Gallery) -> None:
    """They are but a means, unless somebody asks for them."""
    camera = shown.barn.camera(alpr=True)
    number = shown.picture(camera, "car plate:AB12")
    shown.put(number)
    shown.work()
    assert (shown.found(number), read(shown)) == ([], ["AB12"])
    shown.put(number, jobs.ASKED)
    shown.work()
    assert shown.found(number) == ["car"]


def test_a_plate_that_could_not_be_read_is_tried_again_by_itself(shown: Gallery) -> None:
    """Its objects stay as they are; who takes the job looks for the vehicles anew, and finds no plate twice."""
    camera = shown.barn.camera(check_objects=True, alpr=True)
    number = shown.picture(camera, "car plate:AB12")
    shown.eyes.readable = False
    shown.put(number)
    shown.work()
    assert shown.jobs() == [(number, "plates", "waiting", "model pp-ocr is not installed")]
    shown.eyes.readable = True
    shown.now_us += 6 * SECOND
    shown.work()
    shown.put(number, kind=jobs.PLATES)
    shown.work()
    assert (read(shown), shown.found(number), shown.jobs()) == (["AB12"], ["car"], [])


def test_votes_are_counted_once_the_event_is_over(shown: Gallery) -> None:
    """Where the recorder asks for it."""
    shown.recorder.__init__(undecided=True)  # type: ignore[misc]
    number = shown.picture(shown.barn.camera(check_objects=True), "dog", NOON - SECOND)
    shown.put(number)
    shown.work()
    assert shown.jobs() == [(number, "votes", "waiting", "")]
    shown.now_us = NOON + 8 * SECOND
    shown.work()
    assert shown.recorder.decided == []
    shown.now_us = NOON + 9 * SECOND
    shown.work()
    assert (shown.recorder.decided, shown.jobs()) == ([number], [])


@pytest.mark.parametrize("when", ["before", "while"])
def test_an_image_that_is_deleted_leaves_nothing(when: str, shown: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be it while a worker looks at it: that is no fault."""
    number = shown.picture(shown.barn.camera(check_objects=True), "dog")
    shown.put(number)

    def remove() -> None:
        with writing(shown.engine) as connection:
            connection.execute(delete(images).where(images.c.id == number))

    if when == "before":
        remove()
    else:
        look = shown.eyes.at

        def at(*given: object) -> object:
            remove()
            return look(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(shown.eyes, "at", at)
    shown.work()
    assert (shown.found(number), shown.jobs()) == ([], [])


def test_an_image_that_is_going_is_left_alone(shown: Gallery) -> None:
    """Its job goes at once."""
    number = shown.picture(shown.barn.camera(check_objects=True), "dog")
    shown.put(number)
    with writing(shown.engine) as connection:
        connection.execute(update(images).values(state="going"))
    shown.work()
    assert (shown.eyes.looked, shown.jobs()) == ([], [])


def test_what_fails_in_the_end_leaves_no_results(shown: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results and the end of the job are one transaction."""
    number = shown.picture(shown.barn.camera(check_objects=True), "dog")
    shown.put(number)
    objects = shown.recorder.objects

    def broken(*given: object) -> bool:
        objects(*given)  # type: ignore[arg-type]
        raise RuntimeError("half done")

    monkeypatch.setattr(shown.recorder, "objects", broken)
    shown.work()
    assert shown.found(number) == []
    assert shown.jobs() == [(number, "objects", "waiting", "RuntimeError: half done")]
    with shown.engine.connect() as connection:
        assert connection.execute(select(table.c.tries)).scalar() == 1
