"""The pictures in a folder."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from imagehub.node.cameras.camera import CameraError, EndOfFramesError

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


class FolderPictures:
    """Shows the images of a folder in the order of their names, over and over or `once`."""

    def __init__(self, path: Path, once: bool = False) -> None:
        self.name = path.name
        self._path = path
        self._once = once
        self._files: list[Path] = []

    def open(self) -> None:
        """See `Pictures.open`."""
        try:
            self._files = sorted(each for each in self._path.iterdir() if each.suffix.lower() in SUFFIXES)
        except OSError as error:
            raise CameraError(f"the folder {self._path} can't be read: {error.strerror}") from None
        if not self._files:
            raise CameraError(f"the folder {self._path} has no images ({', '.join(SUFFIXES)})")

    def picture(self, number: int) -> "Pixels":
        """See `Pictures.picture`."""
        if self._once and number >= len(self._files):
            raise EndOfFramesError(f"the folder {self._path} has no more images")
        return _decoded(self._files[number % len(self._files)])

    def close(self) -> None:
        """See `Pictures.close`."""
        _decoded.cache_clear()


@lru_cache(maxsize=4)
def _decoded(path: Path) -> "Pixels":
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise CameraError(f"{path} can't be read as an image")
    return np.asarray(pixels, np.uint8)
