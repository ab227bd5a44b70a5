"""Which pixels of an image a detector looks at."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagehub.errors import ImagehubError
from imagehub.node.settings.settings import Corners

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in pixels, in images of `size` (width, height); right and bottom are the first pixels outside."""

    size: tuple[int, int]
    left: int
    top: int
    right: int
    bottom: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def area(self) -> int:
        """The number of pixels."""
        return self.shape[0] * self.shape[1]

    def crop(self, image: "Pixels") -> "Pixels":
        """Return the region's pixels, as a view of the image.

        Raises:
            ImagehubError: the image has another size.
        """
        height, width = image.shape[:2]
        if (width, height) != self.size:
            expected = "x".join(map(str, self.size))
            raise ImagehubError(f"the detector is for images of {expected} pixels, this one has {width}x{height}")
        return image[self.top : self.bottom, self.left : self.right]


def of(corners: Corners, size: tuple[int, int]) -> Region:
    """Return the rectangle between corners in percent; a part of a pixel at a corner is left away, as imagenode does.

    Raises:
        ImagehubError: no pixel lies between the corners.
    """
    (left, top), (right, bottom) = (_pixel(corner, size) for corner in corners)
    if left >= right or top >= bottom:
        raise ImagehubError(
            f"ROI {corners[0]},{corners[1]} has no pixel in an image of {size[0]}x{size[1]}: give the top left corner, "
            "then the bottom right one, in percent of the width and height"
        )
    return Region(size, left, top, right, bottom)


def _pixel(corner: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    return corner[0] * size[0] // 100, corner[1] * size[1] // 100
