"""Simulated cameras: threads that send what an imagenode sends, with the stock `imagezmq.ImageSender`."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from imagehub import pictures
from imagehub.demo.scene import Scene
from imagehub.errors import ImagehubError
from imagehub.pictures import Picture
from imagehub.sender import BLACK_JPEG

IMAGES_A_SECOND = 5.0

Frames = Callable[[float], bytes]


class Camera(threading.Thread):
    """Sends pictures and events of a scene to a hub until told to stop.

    It is a daemon, because a stock sender waits for ever where no hub answers.
    `images` and `events` count what the hub stored, `refused` what it did not.
    """

    def __init__(self, scene: Scene, frames: Frames, endpoint: str, stop: threading.Event) -> None:
        """`frames` returns the JPEG to send at a time (in seconds, local)."""
        super().__init__(name=scene.name, daemon=True)
        self._scene = scene
        self._frames = frames
        self._endpoint = endpoint
        self._stop_event = stop
        self.images = self.bytes = self.events = self.refused = 0

    def run(self) -> None:
        """Send, a picture every fifth of a second."""
        import imagezmq

        sender = imagezmq.ImageSender(connect_to=self._endpoint)
        before = local_seconds()
        due = time.monotonic()
        while not self._stop_event.wait(due - time.monotonic()):
            now = local_seconds()
            self._send_picture(sender.send_jpg, now)
            self._send_events(sender.send_jpg, before, now)
            before = now
            due = max(due + 1 / IMAGES_A_SECOND, time.monotonic())
        sender.close()

    def _send_picture(self, send_jpg: Callable[[str, bytes], bytes], now: float) -> None:
        jpeg = self._frames(now)
        if _is_stored(send_jpg(f"{self._scene.name}|jpg", jpeg)):
            self.images += 1
            self.bytes += len(jpeg)
        else:
            self.refused += 1

    def _send_events(self, send_jpg: Callable[[str, bytes], bytes], since: float, until: float) -> None:
        for text in self._scene.events(since, until):
            if _is_stored(send_jpg(text, BLACK_JPEG)):
                self.events += 1
            else:
                self.refused += 1


def _is_stored(reply: bytes) -> bool:
    # Whatever is no refusal says stored: a command may stand in the place of OK.
    return not reply.startswith(b"NOT STORED")


def local_seconds() -> float:
    """Return the time of day here, in seconds on the scale that `Scene` shows as a date."""
    now = datetime.now().astimezone()
    offset = now.utcoffset()
    return now.timestamp() + (offset.total_seconds() if offset else 0.0)


def video_frames(path: Path) -> Frames:
    """Return the pictures of a video, the next one at each call, over and over.

    Raise MissingExtraError where OpenCV is not installed, and ImagehubError where it can't read the file.
    """
    next(pictures.from_video(path))
    return _over_and_over(lambda: pictures.from_video(path))


def folder_frames(folder: Path) -> Frames:
    """Return the JPEGs of a folder by name, the next one at each call, over and over.

    Raise ImagehubError where there are none.
    """
    paths = [path for path in sorted(folder.glob("*")) if path.is_file()]
    if next(pictures.from_files(paths, _unsaid), None) is None:
        raise ImagehubError(f"{folder}: no folder with JPEGs in it")
    return _over_and_over(lambda: pictures.from_files(paths, _unsaid))


def _unsaid(_: str) -> None:
    """Keep quiet about files that are no pictures."""


def _over_and_over(begin: Callable[[], Iterator[Picture]]) -> Frames:
    found = itertools.chain.from_iterable(begin() for _ in itertools.count())
    return lambda _: next(found).jpeg
