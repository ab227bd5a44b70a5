"""What `imagenode cameras` does: open each camera, and say what it gives."""

import time
from collections.abc import Callable, Iterator

from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import Camera, Frame
from imagehub.node.settings.settings import CameraSettings

FIRST_SECONDS = 20.0
LOOK_SECONDS = 2.0

Monotonic = Callable[[], float]


def attempt(settings: CameraSettings, camera: Camera, monotonic: Monotonic = time.monotonic) -> str:
    """Open a camera, look at its frames for two seconds, and return a line with resolution and rate.

    Raises:
        ImagehubError: it can't be opened, or no frame came.
    """
    camera.open(settings.mode)
    try:
        first = _first(camera, monotonic)
        begun, count = monotonic(), 0
        for _ in _frames(camera, begun + LOOK_SECONDS, monotonic):
            count += 1
        seconds = monotonic() - begun
    finally:
        camera.close()
    rows, columns = first.pixels.shape[:2]
    wanted = "{}x{} at {:g}".format(*settings.mode.resolution, settings.mode.framerate)
    return f"{columns}x{rows} pixels, {count / seconds:.1f} images/s (asked for {wanted})"


def _first(camera: Camera, monotonic: Monotonic) -> Frame:
    for frame in _frames(camera, monotonic() + FIRST_SECONDS, monotonic):
        return frame
    raise ImagehubError(f"no image within {FIRST_SECONDS:g} s; is the camera used by another program?")


def _frames(camera: Camera, until: float, monotonic: Monotonic) -> Iterator[Frame]:
    while (left := until - monotonic()) > 0:
        frame = camera.read(left)
        if frame is not None:
            yield frame
