"""Parts of a camera's picture that have a name, or are not looked at."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.schema import audit_log
from imagehub.librarian.schema import regions as table
from imagehub.librarian.vision import regions
from imagehub.librarian.vision.regions import IGNORE, ZONE, Region
from librarian_data import fill

ANN = Actor(None, "Ann")
DOOR = Region("door", ZONE, ((0.1, 0.1), (0.4, 0.1), (0.4, 0.9), (0.1, 0.9)))
# The letter L: its inner corner is not in it.
PATH = Region("path", ZONE, ((0.5, 0.0), (0.6, 0.0), (0.6, 0.8), (1.0, 0.8), (1.0, 1.0), (0.5, 1.0)))
ROAD = Region("road", IGNORE, ((0.0, 0.0), (1.0, 0.0), (0.5, 0.1)))


@pytest.fixture
def two_cameras(engine: Engine) -> Engine:
    """Give a catalog with cameras 1 and 2."""
    fill(engine, images=5, events=5, cameras=2, days=1)
    return engine


def of_camera(engine: Engine, camera_id: int) -> list[Region]:
    """Read a camera's regions."""
    with engine.connect() as connection:
        return regions.of_camera(connection, camera_id)


def change(engine: Engine, camera_id: int, *wanted: Region) -> None:
    """Give a camera these regions."""
    with writing(engine) as connection:
        regions.change(connection, ANN, camera_id, wanted)


@pytest.mark.parametrize(
    ("region", "x", "y", "held"),
    [
        (DOOR, 0.2, 0.5, True),
        (DOOR, 0.5, 0.5, False),
        (DOOR, 0.2, 0.95, False),
        (PATH, 0.55, 0.5, True),
        (PATH, 0.9, 0.9, True),
        (PATH, 0.8, 0.4, False),
        (ROAD, 0.5, 0.05, True),
        (ROAD, 0.05, 0.09, False),
    ],
)
def test_a_region_holds_points(region: Region, x: float, y: float, held: bool) -> None:
    """Also where it has inner corners."""
    assert region.holds(x, y) is held


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_region_holds_the_same_points_drawn_the_other_way_round(x: float, y: float) -> None:
    """Nobody has to draw clockwise."""
    assert PATH.holds(x, y) == Region("path", ZONE, PATH.polygon[::-1]).holds(x, y)


def test_a_camera_s_regions_are_replaced(two_cameras: Engine) -> None:
    """Those of other cameras stay; the audit log tells of each change, and of none where nothing changed."""
    change(two_cameras, 1, PATH, DOOR)
    change(two_cameras, 2, ROAD)
    change(two_cameras, 1, ROAD, DOOR)
    change(two_cameras, 1, DOOR, ROAD)
    assert of_camera(two_cameras, 1) == [DOOR, ROAD]
    assert of_camera(two_cameras, 2) == [ROAD]
    change(two_cameras, 2)
    assert of_camera(two_cameras, 2) == []
    with two_cameras.connect() as connection:
        logged = connection.execute(select(audit_log.c.action, audit_log.c.details)).all()
        assert len(connection.execute(select(table)).all()) == 2
    assert [action for action, _ in logged] == ["camera.regions"] * 4
    assert [[each["name"] for each in json.loads(details)["regions"]] for _, details in logged] == [
        ["door", "path"],
        ["road"],
        ["door", "road"],
        [],
    ]


def test_clicking_twice_makes_no_corner(two_cameras: Engine) -> None:
    """Nor does a click on the first corner at the end; a name loses its outer blanks."""
    first, *others = DOOR.polygon
    change(two_cameras, 1, Region(" door ", ZONE, (first, first, *others, first)))
    (found,) = of_camera(two_cameras, 1)
    assert found.name == "door"
    assert sorted(found.polygon) == sorted(DOOR.polygon)


SQUARE = DOOR.polygon
CIRCLE = tuple((math.cos(n / 20) / 2 + 0.5, math.sin(n / 20) / 2 + 0.5) for n in range(120))


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ([Region("a", ZONE, SQUARE[:2])], "a: has 2 corners"),
        ([Region("a", ZONE, ())], "a: has 0 corners"),
        ([Region("a", ZONE, CIRCLE)], "has 120 corners"),
        ([Region("a", ZONE, ((0.1, 0.1), (1.1, 0.1), (0.4, 0.9)))], "outside"),
        ([Region("a", ZONE, ((0.1, 0.1), (math.nan, 0.1), (0.4, 0.9)))], "outside"),
        ([Region("a", ZONE, ((0.1, 0.1), (0.2, 0.2), (0.4, 0.4)))], "holds no part"),
        ([Region("a", ZONE, ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.8)))], "edges cross"),
        ([Region("a", ZONE, ((0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)))], "edges cross"),
        ([Region("", ZONE, SQUARE)], "give each a name"),
        ([Region("a,b", ZONE, SQUARE)], "without commas"),
        ([Region("a\n", ZONE, SQUARE), Region("b\nc", ZONE, SQUARE)], "give each a name"),
        ([Region("x" * 101, ZONE, SQUARE)], "at most 100"),
        ([Region("a", "other", SQUARE)], "`zone` or for `ignore`"),
        ([Region("Door", ZONE, SQUARE), DOOR], "door: 2 regions have this name"),
        ([Region(f"a{n}", ZONE, SQUARE) for n in range(51)], "at most 50"),
    ],
)
def test_what_can_be_no_region_is_refused(two_cameras: Engine, wanted: list[Region], why: str) -> None:
    """The fault names the field and the region, and nothing is changed."""
    change(two_cameras, 1, DOOR)
    with pytest.raises(ValueFault, match=why) as caught:
        change(two_cameras, 1, *wanted)
    assert caught.value.field == "regions"
    assert of_camera(two_cameras, 1) == [DOOR]


def test_there_are_no_regions_without_a_camera(two_cameras: Engine) -> None:
    """It may have been deleted meanwhile."""
    with pytest.raises(CatalogError, match="no camera 9"):
        change(two_cameras, 9, DOOR)
    assert of_camera(two_cameras, 9) == []
