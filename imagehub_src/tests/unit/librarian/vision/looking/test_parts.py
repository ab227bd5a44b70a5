"""Which parts of a picture are worth a closer look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.looking.parts import LEAST_PIXELS, MOST_TILES, crops, tiles

SIZES = st.integers(1, 8000)
SHARES = st.floats(0, 1)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Make a box in a picture."""
    left, top = draw(SHARES), draw(SHARES)
    return Box(left, top, draw(SHARES) * (1 - left), draw(SHARES) * (1 - top))


def inside(part: Box) -> bool:
    """Tell whether a part is in its picture."""
    right, bottom = part.left + part.width, part.top + part.height
    return min(part.left, part.top) >= 0 and right <= 1 + 1e-9 and bottom <= 1 + 1e-9 and part.area > 0


def test_a_crop_has_room_around_what_changed() -> None:
    """It is a square, with the change in its middle."""
    (crop,) = crops([Box(0.45, 0.4, 0.1, 0.2)], 2000, 1000, 3)
    assert (crop.width * 2000, crop.height * 1000) == pytest.approx((400, 400))
    assert (crop.left + crop.width / 2, crop.top + crop.height / 2) == pytest.approx((0.5, 0.5))


def test_a_crop_has_as_many_pixels_as_a_detector_takes_in() -> None:
    """A smaller one would be blown up, and show no more."""
    (crop,) = crops([Box(0.5, 0.5, 0.001, 0.001)], 2000, 1000, 3)
    assert (crop.width * 2000, crop.height * 1000) == pytest.approx((LEAST_PIXELS, LEAST_PIXELS))


def test_changes_beside_each_other_share_a_crop() -> None:
    """Arms and legs, or two who walk together."""
    found = crops([Box(0.5, 0.5, 0.02, 0.04), Box(0.54, 0.5, 0.02, 0.04), Box(0.1, 0.1, 0.01, 0.02)], 2000, 1000, 3)
    assert len(found) == 2


def test_the_first_changes_get_the_crops() -> None:
    """There are no more than asked for, none if none."""
    changed = [Box(0.1 + 0.2 * number, 0.5, 0.02, 0.04) for number in range(4)]
    assert len(crops(changed, 4000, 2000, 2)) == 2
    assert crops(changed, 4000, 2000, 2)[0].left < 0.1
    assert crops(changed, 4000, 2000, 0) == []


def test_what_fills_the_picture_is_not_looked_at_twice() -> None:
    """The picture as a whole shows it."""
    assert crops([Box(0.1, 0.1, 0.7, 0.7)], 1000, 1000, 3) == []
    assert crops([Box(0.4, 0.4, 0.1, 0.1)], 280, 280, 3) == []


@given(st.lists(boxes(), max_size=12), SIZES, SIZES, st.integers(0, 16))
def test_crops_lie_in_the_picture(changed: list[Box], width: int, height: int, most: int) -> None:
    """Whatever changed."""
    found = crops(changed, width, height, most)
    assert len(found) <= most
    assert all(inside(crop) for crop in found)


def test_tiles_of_usual_pictures_are_few() -> None:
    """Each costs as much as the whole picture."""
    assert len(tiles(810, 1080)) == 6
    assert len(tiles(640, 480)) == 6
    assert tiles(240, 180) == []


@given(SIZES, SIZES)
def test_tiles_cover_the_picture(width: int, height: int) -> None:
    """They overlap, and there are never too many: those of a long and narrow picture become larger."""
    found = tiles(width, height)
    assert len(found) <= MOST_TILES
    assert len(found) != 1
    assert all(inside(tile) for tile in found)
    for x, y in ((0.0, 0.0), (1.0, 1.0), (0.37, 0.61), (0.5, 0.5)):
        assert not found or any(
            tile.left - 1e-9 <= x <= tile.left + tile.width + 1e-9
            and tile.top - 1e-9 <= y <= tile.top + tile.height + 1e-9
            for tile in found
        )
