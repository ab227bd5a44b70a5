"""Which pixels a detector looks at."""

import numpy as np
import pytest

from imagehub.errors import ImagehubError
from imagehub.node.detectors import region


@pytest.mark.parametrize(
    ("corners", "pixels"),
    [
        (((0, 0), (100, 100)), (0, 0, 640, 480)),
        (((40, 40), (60, 60)), (256, 192, 384, 288)),
        (((15, 30), (70, 85)), (96, 144, 448, 408)),
    ],
)
def test_percent_become_pixels_as_imagenodes_manual_has_them(
    corners: tuple[tuple[int, int], tuple[int, int]], pixels: tuple[int, int, int, int]
) -> None:
    """The manual's examples for images of 640x480."""
    found = region.of(corners, (640, 480))
    assert (found.left, found.top, found.right, found.bottom) == pixels


def test_parts_of_pixels_are_left_away() -> None:
    """33 percent of 95 pixels are 31.35: the corner is at 31."""
    found = region.of(((33, 33), (66, 66)), (95, 71))
    assert (found.left, found.top, found.right, found.bottom) == (31, 23, 62, 46)
    assert found.area == 31 * 23


def test_a_region_without_a_pixel_is_an_error() -> None:
    """Corners the wrong way round, or too close for so small an image, are told with the ROI."""
    with pytest.raises(ImagehubError, match=r"ROI \(60, 60\),\(40, 40\) has no pixel in an image of 640x480: give"):
        region.of(((60, 60), (40, 40)), (640, 480))
    with pytest.raises(ImagehubError, match="has no pixel"):
        region.of(((1, 1), (2, 2)), (20, 20))


def test_an_image_of_another_size_is_an_error() -> None:
    """A camera that changed its resolution needs new detectors; nothing is detected in the wrong place."""
    found = region.of(((0, 0), (50, 50)), (640, 480))
    with pytest.raises(ImagehubError, match="for images of 640x480 pixels, this one has 320x240"):
        found.crop(np.zeros((240, 320, 3), np.uint8))
