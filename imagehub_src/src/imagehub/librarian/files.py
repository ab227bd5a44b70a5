"""Opens the files of images, and no other: paths come from catalogs, networks and people."""

import os
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from imagehub.images import FOLDER


def open_image(root: Path, path: str) -> BinaryIO:
    """Open `images/DAY/FILE` of the data directory `root` for reading.

    `images` may be a symbolic link that someone put there; what lies below it may not.

    Raises:
        FileNotFoundError: there is no such file, or the path is of another form.
        OSError: it can't be read, or is a symbolic link.
    """
    parts = PurePosixPath(path).parts
    if len(parts) != 3 or parts[0] != FOLDER or ".." in parts or "\0" in path:
        raise FileNotFoundError(f"{path!r} is no path as images/DAY/FILE")
    folder = os.open(root / FOLDER, os.O_RDONLY | os.O_DIRECTORY)
    try:
        day = os.open(parts[1], os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        return os.fdopen(os.open(parts[2], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=day), "rb")
    finally:
        os.close(day)
