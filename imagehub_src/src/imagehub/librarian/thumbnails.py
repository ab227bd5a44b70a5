"""Small copies of the hub's images: each is made when it is first asked for, and kept."""

import os
import tempfile
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from imagehub.errors import ImagehubError
from imagehub.librarian.files import open_image

# The longest side in pixels, by what the copy is for.
SIZES = {"small": 320, "medium": 960}
QUALITY = 80
# What a camera could send; more is an attempt to fill the memory.
MAX_PIXELS = 100_000_000


class NoPictureError(ImagehubError):
    """The file is no picture that can be read."""


class Thumbnails:
    """The copies in one folder. For use by any thread; two that make the same copy do no harm."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder, self._root = folder, root

    def get(self, size: str, image_id: int, path: str) -> Path:
        """Return the JPEG file of a copy of the image at `path`, no larger than SIZES[size].

        Raises:
            NoSuchImageError: the image's file is not there.
            NoPictureError: the file is no picture that can be read.
        """
        kept = self._place(size, image_id)
        if not kept.exists():
            self._make(kept, SIZES[size], path)
        return kept

    def forget(self, image_id: int) -> None:
        """Delete the copies of an image."""
        for size in SIZES:
            self._place(size, image_id).unlink(missing_ok=True)

    def _place(self, size: str, image_id: int) -> Path:
        return self._folder / size / str(image_id // 1000) / f"{image_id}.jpg"

    def _make(self, kept: Path, side: int, path: str) -> None:
        with open_image(self._root, path) as file:
            try:
                with Image.open(file, formats=("JPEG", "PNG")) as picture:
                    if picture.width * picture.height > MAX_PIXELS:
                        raise NoPictureError(f"{path}: {picture.width} x {picture.height} pixels are too many")
                    picture.draft("RGB", (side, side))
                    small = ImageOps.exif_transpose(picture).convert("RGB")
                    small.thumbnail((side, side))
            except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
                raise NoPictureError(f"{path}: not a picture") from error
        _write(kept, small)


def _write(kept: Path, small: Image.Image) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=kept.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            small.save(file, "JPEG", quality=QUALITY)
        Path(name).replace(kept)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
