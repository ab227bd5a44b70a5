"""A look at an image: as a whole, and closer where something moved or everywhere."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from imagehub.librarian.settings import Vision, parse
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.looking.look import Look
from imagehub.librarian.vision.seeing import Model, PictureError, Thing
from media import picture


class Whites:
    """Finds white squares, if they are large enough in what it is shown."""

    model = Model("whites", "1", "")

    def __init__(self) -> None:
        self.shown: list[tuple[int, ...]] = []

    def detect(self, pictures: Sequence[Any]) -> list[list[Thing]]:
        """Return a box around what is white."""
        self.shown += [each.shape for each in pictures]
        return [self._find(each) for each in pictures]

    def _find(self, pixels: Any) -> list[Thing]:
        rows, columns = np.nonzero(pixels.min(2) > 200)
        height, width = pixels.shape[:2]
        if len(rows) < 0.01 * height * width:
            return []
        left, top = columns.min() / width, rows.min() / height
        box = Box(left, top, (columns.max() + 1) / width - left, (rows.max() + 1) / height - top)
        return [Thing("square", 0.9, box)]


@pytest.fixture
def settings(tmp_path: Path) -> Vision:
    """Give the default settings."""
    return parse("librarian:\n  hub_directory: hub\n", tmp_path).vision


def jpeg(left: int | None = None, width: int = 1200, height: int = 900) -> bytes:
    """Return a picture of grass, with a small white square in it or not."""
    pixels = np.random.default_rng(1).integers(60, 120, (height, width, 3)).astype(np.uint8)
    pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 3), np.uint8)
    if left is not None:
        pixels[400:440, left : left + 40] = 255
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def test_what_is_too_small_in_the_whole_is_found_where_it_moved(settings: Vision) -> None:
    """The crop is looked at beside the whole picture, in one go; its box is that of the whole."""
    look = Look(Whites(), settings)
    assert look.at(jpeg(700), [], tiles=False).things == []
    seen = look.at(jpeg(700), [jpeg(), jpeg(300)], tiles=False)
    (thing,) = seen.things
    assert thing.box.overlap(Box(700 / 1200, 400 / 900, 40 / 1200, 40 / 900)) > 0.8
    assert seen.picture.shape == (900, 1200, 3)


def test_tiles_find_what_stands_still(settings: Vision) -> None:
    """At the cost of a look at each."""
    whites = Whites()
    (thing,) = Look(whites, settings).at(jpeg(700, 900, 500), [], tiles=True).things
    assert thing.box.overlap(Box(700 / 900, 400 / 500, 40 / 900, 40 / 500)) > 0.8
    assert len(whites.shown) == 9


def test_no_more_crops_than_set_are_looked_at(settings: Vision) -> None:
    """None, if it is set so: then the pictures before are not even opened."""
    whites = Whites()
    Look(whites, replace(settings, crops=0)).at(jpeg(700), [b"?", jpeg()], tiles=False)
    assert whites.shown == [(900, 1200, 3)]


def test_a_damaged_picture_before_does_not_matter(settings: Vision) -> None:
    """The image itself is what counts: it is no fault of this one."""
    look = Look(Whites(), settings)
    assert len(look.at(jpeg(700), [b"", jpeg()[:500], jpeg()], tiles=False).things) == 1
    assert look.at(jpeg(700), [b""], tiles=False).things == []


def test_a_picture_of_another_size_before_does_not_matter(settings: Vision) -> None:
    """Cameras are changed."""
    assert Look(Whites(), settings).at(jpeg(700), [picture()], tiles=False).things == []


@pytest.mark.parametrize("bad", [b"", b"no picture", picture()[:300]])
def test_what_can_not_be_looked_at_says_so(settings: Vision, bad: bytes) -> None:
    """And the next one is looked at all the same."""
    look = Look(Whites(), settings)
    with pytest.raises(PictureError):
        look.at(bad, [jpeg()], tiles=True)
    assert look.at(picture(), [], tiles=False).things == []
