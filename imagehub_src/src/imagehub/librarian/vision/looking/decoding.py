"""What does the file of an image show?

Pictures are turned as their Exif data say, as browsers do: a box has to lie where people see the thing.
"""

import struct
from typing import TYPE_CHECKING, NamedTuple

from imagehub.librarian.settings import Vision
from imagehub.librarian.vision.seeing import PictureError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagehub.librarian.vision.seeing import Picture

    # Rows and columns of brightness.
    Grey = NDArray[np.uint8]

# No detector sees more for more pixels than these along the longer side, and three bytes of each are in memory.
LARGE = 4096
# The longer side of the small pictures that changes are computed from.
SMALL = 320
END = b"\xff\xd9"
ORIENTATION = 0x0112


class _Size(NamedTuple):
    height: int
    width: int

    def at_most(self, side: int) -> "_Size":
        """Return the size at which the longer side is `side`, or this one if it is shorter."""
        scale = min(1.0, side / max(self))
        return _Size(max(1, round(self.height * scale)), max(1, round(self.width * scale)))


def decode(jpeg: bytes, settings: Vision) -> "Picture":
    """Return the picture in a JPEG file; a very large one comes at a reduced scale.

    A file that only lacks its last two bytes, as some cameras write it, is read.

    Raises:
        PictureError: the file is no JPEG, damaged or cut off, or has more pixels than are looked at; in that case no
            memory was taken for them.
    """
    least = _size(jpeg, settings.max_megapixels).at_most(LARGE)
    return _turned(_decoded(jpeg, "BGR", least), _orientation(jpeg))


def glance(jpeg: bytes, settings: Vision) -> "Grey":
    """Return a small grey picture of a JPEG file, of one shape for all images of one size, at a fraction of the cost.

    Raises:
        PictureError: as `decode` does.
    """
    import cv2
    import numpy as np

    least = _size(jpeg, settings.max_megapixels).at_most(SMALL)
    grey = _decoded(jpeg, "GRAY", least)[:, :, 0]
    small = cv2.resize(grey, (least.width, least.height), interpolation=cv2.INTER_AREA)
    return _turned(np.asarray(small, np.uint8), _orientation(jpeg))


def _size(jpeg: bytes, max_megapixels: int) -> _Size:
    import simplejpeg

    if not jpeg:
        raise PictureError("the file is empty")
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(jpeg)
    except (ValueError, KeyError):
        what = "a JPEG whose header is cut off or damaged" if jpeg.startswith(b"\xff\xd8") else "not a JPEG"
        raise PictureError(what) from None
    if height * width > max_megapixels * 1_000_000:
        megapixels = height * width / 1_000_000
        raise PictureError(f"{megapixels:.0f} megapixels: more than vision.max_megapixels ({max_megapixels})")
    return _Size(height, width)


def _decoded(jpeg: bytes, colours: str, least: _Size) -> "Picture":
    import simplejpeg

    whole = jpeg if jpeg.endswith(END) else jpeg + END
    try:
        pixels: Picture = simplejpeg.decode_jpeg(whole, colours, min_height=least.height, min_width=least.width)
    except (ValueError, KeyError) as error:
        raise PictureError(f"a damaged JPEG, or a part of one: {error}") from None
    return pixels


def _orientation(jpeg: bytes) -> int:
    """Return how the camera was held, from 1 (upright) to 8, as Exif counts."""
    start = jpeg.find(b"Exif\0\0", 0, 65536) + 6
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(jpeg[start : start + 4]) if start > 5 else None
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(f"{order}I", jpeg, start + 4)
        (count,) = struct.unpack_from(f"{order}H", jpeg, start + first)
        for number in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", jpeg, start + first + 2 + 12 * number)
            if tag == ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _turned(pixels: "Picture", orientation: int) -> "Picture":
    import numpy as np

    if orientation in {5, 6, 7, 8}:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
