"""Pictures as JPEG: by simplejpeg, which needs half of OpenCV's time, or by OpenCV where that is absent."""

from functools import cache
from typing import TYPE_CHECKING, Any

from imagehub.errors import ImagehubError, MissingExtraError

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels


def encode(pixels: "Pixels", quality: int, scale: float = 1.0) -> bytes:
    """Return the JPEG of a picture.

    `pixels` is uint8, (rows, columns) or (rows, columns, 3) as blue, green, red; `quality` 1 to 100. With `scale`
    below 1 the picture is made smaller first.

    Raises:
        MissingExtraError: there is neither simplejpeg nor OpenCV.
        ImagehubError: OpenCV can't encode it.
    """
    if scale != 1.0:
        pixels = _scaled(pixels, scale)
    simplejpeg = _simplejpeg()
    return _by_opencv(pixels, quality) if simplejpeg is None else _by_simplejpeg(simplejpeg, pixels, quality)


@cache
def _simplejpeg() -> Any:
    try:
        import simplejpeg
    except ImportError:
        return None
    return simplejpeg


def _by_simplejpeg(simplejpeg: Any, pixels: "Pixels", quality: int) -> bytes:
    import numpy as np

    grey = pixels.ndim == 2
    space, sampling = ("GRAY", "Gray") if grey else ("BGR", "420")
    array = np.ascontiguousarray(pixels[:, :, None] if grey else pixels)
    return bytes(simplejpeg.encode_jpeg(array, quality, space, sampling))


def _by_opencv(pixels: "Pixels", quality: int) -> bytes:
    cv2 = _opencv()
    done, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ImagehubError(f"a picture of shape {pixels.shape} can't be encoded as JPEG")
    return bytes(jpeg)


def _scaled(pixels: "Pixels", scale: float) -> "Pixels":
    cv2 = _opencv()
    size = [max(1, round(side * scale)) for side in (pixels.shape[1], pixels.shape[0])]
    smaller: Pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return smaller


def _opencv() -> Any:
    try:
        import cv2
    except ImportError:
        raise MissingExtraError("encoding pictures", "node") from None
    return cv2
