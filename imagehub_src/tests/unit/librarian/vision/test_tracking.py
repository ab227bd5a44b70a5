"""What is seen for sure, and what is the same."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from happenings import SECOND, world
from imagehub.librarian.schema import models
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.seeing import Thing
from imagehub.librarian.vision.tracking import Votes
from plans import executed, scans
from seen_things import Watched, car, person

NAMES = count(1)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Watched]:
    """Give a camera."""
    with world(tmp_path) as made:
        yield Watched(made, made.camera())


def test_one_odd_frame_raises_nothing(door: Watched) -> None:
    """Of an event's images, two must show a thing; the row that makes it sure is the newest."""
    assert door.sees(0, person()) is True
    assert door.sees(1) is False
    assert door.tracks() == []
    assert door.sees(2, person()) is False
    (track,) = door.tracks()
    assert (track.label, track.images, track.quiet, track.ended) == ("person", 2, False, False)
    assert [row.track_id for row in door.found()] == [track.id] * 2
    assert door.spans() == [(0, 2)]
    assert track.time_us == track.last_us


def test_votes_must_be_of_one_event_and_one_place(door: Watched) -> None:
    """What is seen elsewhere, later or under another name is another thing."""
    door.sees(0, person())
    door.sees(1, person(left=0.8, top=0.0))
    door.sees(12, person())
    door.sees(13, Thing("dog", 0.9, person().box))
    assert door.tracks() == []


def test_a_lone_image_is_enough_once_its_event_is_over(door: Watched) -> None:
    """The row that makes it sure comes behind all that was looked at."""
    image = door.image(0)
    assert door.see(image, [person()]) is True
    (before,) = door.found()
    door.lone(image)
    (row,) = door.found()
    assert row.id > before.id
    assert (row.track_id, row.score) == (door.tracks()[0].id, 0.9)
    door.lone(image)
    assert door.found() == [row]


def test_a_lone_image_that_got_company_is_not_enough(door: Watched) -> None:
    """The other image did not show it."""
    image = door.image(0)
    door.see(image, [person()])
    door.sees(3)
    door.lone(image)
    assert door.tracks() == []


def test_an_event_of_fewer_images_than_votes_needs_them_all(door: Watched) -> None:
    """Two of two are enough where three are asked for, but only once no third can come."""
    door.votes = Votes(3, 10 * SECOND)
    first, second = door.image(0), door.image(1)
    assert [door.see(first, [person()]), door.see(second, [person()])] == [True, True]
    assert door.tracks() == []
    door.lone(first)
    assert [track.images for track in door.tracks()] == [2]


def test_a_parked_car_is_one_track_however_long_it_stands(door: Watched) -> None:
    """Also where hours without images are between."""
    for hour in range(5):
        for at in range(3):
            door.sees(3600 * hour + at, car(left=0.1 + at / 100))
    (track,) = door.tracks()
    assert (track.images, door.spans()) == (15, [(0, 4 * 3600 + 2)])


def test_what_moves_is_followed(door: Watched) -> None:
    """A walker is one person, though no box overlaps the next; a second one is another."""
    for at in range(6):
        door.sees(at, person(left=0.12 * at), person(left=0.6 - 0.1 * at, top=0.0))
    assert [track.images for track in door.tracks()] == [6, 6]


def test_a_track_goes_on_with_less_than_it_began_with(door: Watched) -> None:
    """Six tenths of the threshold; that alone begins none."""
    for at in range(4):
        door.sees(at, person(score=0.31))
    assert (door.tracks(), door.found()) == ([], [])
    for at in range(4, 6):
        door.sees(at, person(score=0.8))
    door.sees(6, person(score=0.31))
    door.sees(7, person(score=0.29))
    assert [(track.images, track.score) for track in door.tracks()] == [(3, 0.8)]


def test_what_only_looks_like_something_is_never_sure(door: Watched) -> None:
    """One of its images has to be halfway from the threshold to certainty; the others then count too."""
    for at in range(20):
        door.sees(at, person(score=0.74))
    assert door.tracks() == []
    door.sees(20, person(score=0.75))
    assert [track.images for track in door.tracks()] == [11]


def test_with_one_vote_the_threshold_alone_decides(door: Watched) -> None:
    """Whoever sets votes to one wants to miss nothing; so it is where there is no second image."""
    door.votes = Votes(1, 10 * SECOND)
    assert door.sees(0, person(score=0.5)) is False
    assert len(door.tracks()) == 1


def test_a_track_ends_when_images_of_a_minute_miss_it(door: Watched) -> None:
    """What comes then is another one; up to then it is the same."""
    for at in (0, 1, *range(10, 60, 10), 60):
        door.sees(at, *([car()] if at in {0, 1, 60} else []))
    assert len(door.tracks()) == 1
    for at in range(65, 131, 5):
        door.sees(at)
    assert [track.ended for track in door.tracks()] == [True]
    door.sees(135, car())
    door.sees(136, car())
    assert door.spans() == [(0, 60), (135, 136)]


def test_the_track_shows_its_best_image_and_its_last_box(door: Watched) -> None:
    """The surest one."""
    images = [door.image(at) for at in range(3)]
    for image, score, left in zip(images, (0.6, 0.95, 0.7), (0.1, 0.12, 0.14), strict=True):
        door.see(image, [car(left, score)])
    (track,) = door.tracks()
    assert (track.image_id, track.score, track.left) == (images[1].id, 0.95, 0.14)


def test_a_second_box_of_one_thing_is_not_a_second_thing(door: Watched) -> None:
    """A detector may give two that overlap by half."""
    for at in range(3):
        door.sees(at, car(0.1, 0.9), car(0.15, 0.8))
    assert len(door.tracks()) == 1


def test_an_image_looked_at_again_changes_what_it_shows_and_nothing_else(door: Watched) -> None:
    """Its things go back to their tracks, which nobody is told of again."""
    images = [door.image(at) for at in range(4)]
    for image in images:
        door.see(image, [car(score=0.9), person()])
    before = [(track.id, track.images, track.first_us, track.last_us) for track in door.tracks()]
    for image in images:
        assert door.see(image, [car(score=0.8), person()], quiet=True) is False
    assert [(track.id, track.images, track.first_us, track.last_us) for track in door.tracks()] == before
    assert [track.score for track in door.tracks("car")] == [0.8]
    assert len(door.found()) == 8


def test_what_is_found_only_at_a_second_look_is_quiet(door: Watched) -> None:
    """And what is found no more goes."""
    images = [door.image(at) for at in range(3)]
    for image in images:
        door.see(image, [car()])
    for image in images:
        door.see(image, [person()], quiet=True)
    assert [(track.label, track.quiet, track.images) for track in door.tracks()] == [("person", True, 3)]


def test_an_old_quiet_track_does_not_last_into_today(door: Watched) -> None:
    """A car that a second look found yesterday is not the one that comes today."""
    old = [door.image(at) for at in range(3)]
    for at in range(100, 200, 5):
        door.sees(at)
    for image in old:
        door.see(image, [car()], quiet=True)
    door.sees(210, car())
    door.sees(211, car())
    assert [(track.quiet, track.ended) for track in door.tracks()] == [(True, True), (False, False)]


def test_an_image_that_is_gone_is_left_alone(door: Watched) -> None:
    """Retention was quicker than the worker."""
    image = door.image(0)
    door.forget(image)
    assert door.see(image, [person()]) is False
    door.lone(image)
    assert door.found() == []


def test_the_model_is_kept_once(door: Watched) -> None:
    """By name, version and digest."""
    door.sees(0, person())
    door.sees(1, person())
    with door.world.engine.connect() as connection:
        (row,) = connection.execute(select(models)).all()
    assert {one.model_id for one in door.found()} == {row.id}


def test_newest_first_finds_what_oldest_first_does(door: Watched) -> None:
    """A backlog: the newest image comes first, then those of the pause before it, the newest of them first."""
    for at in range(3):
        door.sees(at, car())
    backlog = [door.image(at, waits=True) for at in range(20, 320, 5)]
    for at in (320, 321):
        door.sees(at, car())
    for image in reversed(backlog):
        door.see(image, [car()])
    assert door.spans() == [(0, 321)]


def test_what_left_while_nobody_looked_is_told_from_what_came(door: Watched) -> None:
    """Newest first: a minute of images without it is between."""
    for at in range(3):
        door.sees(at, car())
    backlog = [door.image(at, waits=True) for at in range(5, 125, 5)]
    for image in reversed(backlog):
        door.see(image, [])
    door.sees(126, car())
    door.sees(127, car())
    assert door.spans() == [(0, 2), (126, 127)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(12)),
    gap=st.sampled_from([0.2, 1.0, 3.0]),
    hidden=st.sets(st.integers(1, 10), max_size=2),
)
def test_any_order_loses_nothing_and_doubles_nothing(
    door: Watched, order: list[int], gap: float, hidden: set[int]
) -> None:
    """A car that stands, hidden at times, is one track from its first image to its last; a walker is not lost."""
    camera = Watched(door.world, door.world.camera(f"N{next(NAMES)}"))
    images = [camera.image(at * gap, waits=True) for at in range(12)]
    for at in order:
        seen = [] if at in hidden else [car()]
        camera.see(images[at], [*seen, person(left=0.3 + 0.05 * at, top=0.1)])
    (span,) = camera.spans("car")
    assert span == pytest.approx((0, 11 * gap))
    walks = camera.spans("person")
    # One whose images far apart come first may be two for a while.
    assert 1 <= len(walks) <= 3
    assert min(walks)[0] <= gap
    assert max(last for _, last in walks) >= 10 * gap - 0.001


def test_no_large_table_is_read_from_end_to_end(door: Watched) -> None:
    """Each statement finds its rows by an index."""
    with executed(door.world.engine) as statements:
        images = [door.image(at) for at in range(3)]
        for image in images:
            door.see(image, [car(), person()])
        door.sees(100)
        door.see(images[0], [car()], quiet=True)
        door.lone(images[1])
        lonely = door.image(500)
        door.see(lonely, [Thing("dog", 0.9, Box(0.1, 0.1, 0.1, 0.1))])
        door.lone(lonely)
    with door.world.engine.connect() as connection:
        assert scans(connection, [one for one in statements if "JOIN objects" not in one.text]) == []
