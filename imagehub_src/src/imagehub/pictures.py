"""Pictures to send, as JPEG, from files and from videos."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from imagehub.errors import ImagehubError, MissingExtraError
from imagehub.wire import JPEG_START

VIDEO_JPEG_QUALITY = 90


class Picture(NamedTuple):
    """A JPEG and what to call it when there is something to say about it."""

    name: str
    jpeg: bytes


def from_files(paths: Iterable[Path], skipped: Callable[[str], None]) -> Iterator[Picture]:
    """Yield the files that are JPEGs; tell `skipped` a line on each that is none or can't be read."""
    for path in paths:
        try:
            jpeg = path.read_bytes()
        except OSError as error:
            skipped(f"{path}: {error.strerror}")
            continue
        if jpeg.startswith(JPEG_START):
            yield Picture(str(path), jpeg)
        else:
            skipped(f"{path}: not a JPEG (it does not begin with FF D8)")


def from_video(path: Path) -> Iterator[Picture]:
    """Yield the pictures of a video in their order.

    Raise MissingExtraError where OpenCV is not installed, and ImagehubError where it can't read the file.
    """
    try:
        import cv2
    except ImportError:
        raise MissingExtraError("reading a video", "raw") from None
    video = cv2.VideoCapture(str(path))
    number = 0
    while True:
        there, picture = video.read()
        if not there:
            break
        number += 1
        _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, VIDEO_JPEG_QUALITY])
        yield Picture(f"{path}, picture {number}", jpeg.tobytes())
    video.release()
    if not number:
        fault = "not a video that OpenCV can read" if path.is_file() else "no such file"
        raise ImagehubError(f"{path}: {fault}")
