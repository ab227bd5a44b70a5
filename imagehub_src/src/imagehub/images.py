"""Where an image lies and how it gets there: the one grammar of image paths.

`images/YYYY-MM-DD/<node-view>-<YYYY-MM-DDTHH.MM.SS.ffffff>.jpg`, the time being when the hub accepted the image, in
local time; blanks in `node view` become `-`. This is the layout of imagehub since its first version.
"""

import os
import zlib
from datetime import datetime, timedelta
from pathlib import Path

from imagehub import failpoints

FOLDER = "images"
RECOVERED_FOLDER = "recovered"
MAX_STEM_BYTES = 200

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def relative_path(camera_name: str, time: datetime) -> str:
    """Return the path of an image relative to the data directory, with `/` between its parts."""
    stamp = time.replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"{FOLDER}/{stamp[:10]}/{_stem(camera_name)}-{stamp.replace(':', '.')}.jpg"


def _stem(camera_name: str) -> str:
    stem = camera_name.replace(" ", "-")
    encoded = stem.encode()
    if len(encoded) <= MAX_STEM_BYTES:
        return stem
    # File systems take 255 bytes for a name, and 100 letters of some scripts need more than that leaves.
    return f"{encoded[:MAX_STEM_BYTES].decode(errors='ignore')}~{zlib.crc32(encoded):08x}"


def write_new(data_directory: Path, camera_name: str, time: datetime, body: bytes | memoryview) -> str:
    """Write an image to a file that did not exist, and return its relative path.

    Where the name is taken (two images of a camera in one microsecond), the next free microsecond gives the name.
    Raises OSError when the disk does not take it; then no part of it is left.
    """
    while True:
        relative = relative_path(camera_name, time)
        try:
            _write_file(f"{data_directory}/{relative}", body)
        except FileNotFoundError:
            (data_directory / relative).parent.mkdir(parents=True)
        except FileExistsError:
            time += timedelta(microseconds=1)
        else:
            return relative


def _write_file(path: str, body: bytes | memoryview) -> None:
    descriptor = os.open(path, _CREATE, 0o644)
    try:
        _write_all(descriptor, body)
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, body: bytes | memoryview) -> None:
    view = memoryview(body)
    if failpoints.armed("mid_write"):
        view = view[os.write(descriptor, view[: len(view) // 2]) :]
        failpoints.hit("mid_write")
    while view:
        view = view[os.write(descriptor, view) :]


def set_aside(data_directory: Path, relative: str) -> Path:
    """Move a file that no journal line vouches for into `recovered/`; never overwrite one there."""
    source = data_directory / relative
    folder = data_directory / RECOVERED_FOLDER / source.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    target, part = folder / source.name, 1
    while target.exists():
        part += 1
        target = folder / f"{source.stem}.{part}{source.suffix}"
    source.rename(target)
    return target
