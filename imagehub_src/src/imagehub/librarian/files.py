"""Reading the hub's images: the one place that opens a file by a path from the catalog."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from imagehub.errors import ImagehubError
from imagehub.images import FOLDER


class NoSuchImageError(ImagehubError, FileNotFoundError):
    """The image's file is not there, or is none that the hub stored."""


def open_image(root: Path, path: str) -> BinaryIO:
    """Open the image at `path` below the hub's data directory `root`.

    Raises:
        NoSuchImageError: there is no such file, or it lies outside the folder of images, be it by a link.
    """
    parts = path.split("/")
    if len(parts) != 3 or parts[0] != FOLDER or {"", ".", ".."} & set(parts):
        raise NoSuchImageError(f"{path}: no image of this hub")
    try:
        descriptor = _open_without_links(root / FOLDER, parts[1:])
    except (OSError, ValueError) as error:
        raise NoSuchImageError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return os.fdopen(descriptor, "rb")


def _open_without_links(folder: Path, parts: list[str]) -> int:
    day = os.open(folder / parts[0], os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        descriptor = os.open(parts[1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=day)
    finally:
        os.close(day)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("not a file")
    return descriptor
