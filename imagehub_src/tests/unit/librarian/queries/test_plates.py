"""The table of plates: what users say, and how often each was seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from happenings import HOUR, NOON, SOMEBODY, World, world
from imagehub.librarian.catalog import writing
from imagehub.librarian.queries.plates import KnownPlate, PlateFilters, plate, regions, table
from imagehub.librarian.sight import Sight
from imagehub.librarian.vision.plates import known
from plans import executed, scans

DAY = 24 * HOUR


@pytest.fixture
def there(tmp_path: Path) -> Iterator[World]:
    """Give a catalog in which two cameras saw a few plates."""
    with world(tmp_path) as made:
        gate, yard = made.camera("Gate"), made.camera("Yard")
        for camera, hours in ((gate, (0, 1, 24, 25)), (yard, (2,))):
            for hour in hours:
                made.sighting(camera, NOON - hour * HOUR, "5AU5341")
        made.sighting(yard, NOON, "ABC123")
        with writing(made.engine) as connection:
            known.add(connection, SOMEBODY, text="B-MW 1", region="de", owner="Ann", watched=True)
        yield made


def found(there: World, sight: Sight = None, **filters: object) -> dict[str, KnownPlate]:
    """Return the plates by their texts."""
    with there.engine.connect() as connection:
        some = table(connection, sight, PlateFilters(**filters), None, 10).items  # type: ignore[arg-type]
    return {one.text: one for one in some}


def test_counts_images_and_days_and_names_the_usual_cameras(there: World) -> None:
    """The cameras that saw it most often come first."""
    seen = found(there)["5AU5341"]
    assert (seen.sightings, seen.days, seen.first_us, seen.last_us) == (5, 2, NOON - 25 * HOUR, NOON)
    assert seen.cameras == (("Gate P1", 4), ("Yard P1", 1))


def test_a_plate_that_was_not_seen_yet_is_there(there: World) -> None:
    """It has what its user said."""
    watched = found(there)["BMW1"]
    assert (watched.sightings, watched.last_us, watched.owner, watched.watched) == (0, None, "Ann", True)


def test_filters(there: World) -> None:
    """By text, region, and what users decided."""
    assert list(found(there, text="5au*")) == ["5AU5341"]
    assert list(found(there, region="de")) == ["BMW1"]
    assert list(found(there, watched=True)) == ["BMW1"]
    assert list(found(there, identified=True)) == []
    assert set(found(there, watched=False)) == {"ABC123", "5AU5341"}


def test_who_sees_one_camera_counts_what_it_saw(there: World) -> None:
    """Plates that it never saw are not there."""
    seen = found(there, frozenset({1}))
    assert list(seen) == ["5AU5341"]
    assert (seen["5AU5341"].sightings, seen["5AU5341"].cameras) == (4, (("Gate P1", 4),))
    with there.engine.connect() as connection:
        assert plate(connection, frozenset({1}), found(there)["ABC123"].id) is None


def test_one_plate_with_its_aliases(there: World) -> None:
    """What was merged into it is told."""
    some = found(there)
    with writing(there.engine) as connection:
        known.merge(connection, SOMEBODY, some["ABC123"].id, some["BMW1"].id)
        one = plate(connection, None, some["BMW1"].id)
        assert regions(connection) == ["de"]
        assert plate(connection, None, some["ABC123"].id) is None
    assert one is not None
    assert (one.aliases, one.sightings) == (("ABC123",), 1)


def test_pages_and_plans(there: World) -> None:
    """A page at a time, and no look at all sightings."""
    with executed(there.engine) as statements, there.engine.connect() as connection:
        first = table(connection, None, PlateFilters(), None, 2)
        second = table(connection, None, PlateFilters(), first.next, 2)
    assert [one.text for one in (*first.items, *second.items)] == ["BMW1", "ABC123", "5AU5341"]
    with there.engine.connect() as connection:
        assert scans(connection, statements) == []
