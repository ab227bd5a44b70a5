"""Plates over the images of a camera: votes, tracks, corrections."""

from typing import Any

import pytest
from sqlalchemy import delete, select

from happenings import NOON, SECOND, SOMEBODY, World
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import images, plate_sightings, plates, tracks
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.plates import known, sightings
from imagehub.librarian.vision.seeing import ImageRow, Model, Reading

MODEL = Model("pp-ocr", "1", "")


class Camera:
    """A camera by a gate."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.engine = world.engine
        self.id = world.camera(alpr=True)

    def image(self, second: float) -> ImageRow:
        """Add an image."""
        time_us = NOON + round(second * SECOND)
        return ImageRow(self.world.image(self.id, time_us), self.id, time_us, "", "2026-11-21")

    def look(self, image: ImageRow, *said: str, score: float = 0.8, quiet: bool = False) -> bool:
        """Record what was read in an image."""
        found = [Reading(text, "cz", score, Box(0.1, 0.1 + at / 10, 0.2, 0.05)) for at, text in enumerate(said)]
        with writing(self.engine) as connection:
            return sightings.record(connection, image, MODEL, found, quiet)

    def sees(self, second: float, *said: str, score: float = 0.8) -> bool:
        """Add an image in which that is read."""
        return self.look(self.image(second), *said, score=score)

    def lone(self, image: ImageRow) -> None:
        """Decide on an image, as its votes job does."""
        with writing(self.engine) as connection:
            sightings.lone(connection, image)

    def rows(self) -> list[Any]:
        """Return reading, plate and track of all sightings, by their ids."""
        of = plate_sightings.c
        wanted = select(of.reading, plates.c.text, of.track_id).join_from(plate_sightings, plates).order_by(of.id)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(wanted)]

    def tracks(self) -> list[Any]:
        """Return the tracks with their plates."""
        wanted = select(tracks, plates.c.text).join(plates).order_by(tracks.c.id)
        with self.engine.connect() as connection:
            return list(connection.execute(wanted))

    def plates(self) -> list[str]:
        """Return the texts of all plates."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(plates.c.text).order_by(plates.c.text)).scalars())


@pytest.fixture
def camera(world: World) -> Camera:
    """Give a camera that saw nothing yet."""
    return Camera(world)


def test_one_reading_waits_for_a_second_one(camera: Camera) -> None:
    """The row that makes it sure comes with its track; the first one gets it, too."""
    assert camera.sees(0, "5AU5341")
    assert camera.rows() == [("5AU5341", "5AU5341", None)]
    assert not camera.sees(1, "5AU5341")
    [track] = camera.tracks()
    assert camera.rows() == [("5AU5341", "5AU5341", track.id)] * 2
    assert (track.images, track.first_us, track.last_us) == (2, NOON, NOON + SECOND)
    assert (track.time_us, track.quiet, track.ended) == (NOON + SECOND, False, False)


def test_a_very_sure_reading_needs_no_second_one(camera: Camera) -> None:
    """A clear plate is told at once."""
    assert not camera.sees(0, "5AU5341", score=0.99)
    assert len(camera.tracks()) == 1


def test_a_lone_image_decides_by_its_votes_job(camera: Camera) -> None:
    """Its row is made anew, so that rules find it behind what they have seen."""
    image = camera.image(0)
    assert camera.look(image, "5AU5341", score=0.6)
    with camera.engine.connect() as connection:
        before = connection.execute(select(plate_sightings.c.id)).scalar_one()
    camera.lone(image)
    with camera.engine.connect() as connection:
        assert connection.execute(select(plate_sightings.c.id)).scalar_one() > before
    [track] = camera.tracks()
    assert camera.rows() == [("5AU5341", "5AU5341", track.id)]
    camera.lone(image)
    assert len(camera.tracks()) == 1


def test_what_one_of_several_images_shows_counts_if_it_is_rather_sure(camera: Camera) -> None:
    """A doubtful reading that no other image of the event confirms stays without a track."""
    first, second = camera.image(0), camera.image(1)
    camera.look(first, "5AU5341", score=0.6)
    camera.look(second)
    camera.lone(first)
    assert camera.tracks() == []
    camera.look(first, "5AU5341", score=0.9)
    camera.lone(first)
    assert len(camera.tracks()) == 1


def test_later_images_correct_the_plate_and_all_its_sightings(camera: Camera) -> None:
    """The plate that nobody has is forgotten; readings stay as they were read."""
    camera.sees(0, "5AU534I", score=0.98)
    assert camera.plates() == ["5AU534I"]
    camera.sees(1, "5AU5341")
    camera.sees(2, "5AU5341")
    assert [(reading, text) for reading, text, _ in camera.rows()] == [
        ("5AU534I", "5AU5341"), ("5AU5341", "5AU5341"), ("5AU5341", "5AU5341"),
    ]  # fmt: skip
    assert [track.text for track in camera.tracks()] == ["5AU5341"]
    assert camera.plates() == ["5AU5341"]


def test_a_parked_car_has_one_track_whatever_moves_around_it(camera: Camera) -> None:
    """Hours without images are no absence."""
    for second in (0, 1, 3600, 3601, 7200):
        camera.sees(second, "5AU5341")
    [track] = camera.tracks()
    assert track.images == 5


def test_a_car_that_comes_back_has_another_track(camera: Camera) -> None:
    """In between, images of more than a minute did not show it."""
    camera.sees(0, "5AU5341", score=0.99)
    for second in range(5, 90, 5):
        camera.sees(second)
    camera.sees(90, "5AU5341", score=0.99)
    first, second_ = camera.tracks()
    assert (first.ended, second_.ended) == (True, False)
    assert first.text == second_.text


def test_two_cars_in_one_image_are_two_tracks(camera: Camera) -> None:
    """Each reading goes on with its own."""
    for second in range(3):
        camera.sees(second, "5AU5341", "1AB2345")
    assert sorted((track.text, track.images) for track in camera.tracks()) == [("1AB2345", 3), ("5AU5341", 3)]


def test_images_may_come_in_any_order(camera: Camera) -> None:
    """Newest first gives the same track."""
    some = [camera.image(second) for second in range(3)]
    for image in reversed(some):
        camera.look(image, "5AU5341")
    [track] = camera.tracks()
    assert (track.images, track.first_us, track.last_us) == (3, NOON, NOON + 2 * SECOND)


def test_looking_again_counts_nothing_twice(camera: Camera) -> None:
    """An image that is looked at again has one sighting; a track that shows nothing any more goes."""
    some = [camera.image(second) for second in range(2)]
    for image in (*some, *some):
        camera.look(image, "5AU5341")
    assert [track.images for track in camera.tracks()] == [2]
    assert len(camera.rows()) == 2
    for image in some:
        camera.look(image)
    assert (camera.tracks(), camera.rows(), camera.plates()) == ([], [], [])


def test_an_old_image_looked_at_again_is_quiet(camera: Camera) -> None:
    """Its track says so; it does not wait for others."""
    assert not camera.look(camera.image(0), "5AU5341", quiet=True)
    assert [track.quiet for track in camera.tracks()] == [True]


def test_an_image_that_is_gone_is_left_alone(camera: Camera) -> None:
    """Who deleted it meanwhile wins."""
    image = camera.image(0)
    with writing(camera.engine) as connection:
        connection.execute(delete(images))
    assert not camera.look(image, "5AU5341", score=0.99)
    camera.lone(image)
    assert camera.rows() == []


def test_a_watched_plate_is_found_though_it_was_misread(camera: Camera) -> None:
    """The sighting is of the plate that a user named; what was read is kept."""
    with writing(camera.engine) as connection:
        known.add(connection, SOMEBODY, text="5AU 5341", watched=True)
    camera.sees(0, "5AU534I", score=0.99)
    assert [row[:2] for row in camera.rows()] == [("5AU534I", "5AU5341")]
    assert camera.plates() == ["5AU5341"]


def test_plates_of_users_are_not_forgotten(camera: Camera) -> None:
    """A plate with an owner stays, though nothing shows it any more."""
    image = camera.image(0)
    camera.look(image, "5AU5341", score=0.99)
    with writing(camera.engine) as connection:
        number = connection.execute(select(plates.c.id)).scalar_one()
        known.change(connection, SOMEBODY, number, owner="Ann")
    camera.look(image)
    assert camera.plates() == ["5AU5341"]
