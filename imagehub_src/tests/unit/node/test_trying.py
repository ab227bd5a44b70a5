"""Trying a camera says what it gives, and closes it again."""

from dataclasses import replace

import pytest

from fake_nodes import frame
from imagehub.errors import ImagehubError
from imagehub.node import trying
from imagehub.node.cameras.camera import CameraError, Frame, Mode
from imagehub.node.settings.settings import CameraSettings

SETTINGS = CameraSettings("W1", "0", mode=Mode((640, 480), 30))


class Timed:
    """A camera that gives a frame each `seconds` of its own clock."""

    name = "timed"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = 0.0
        self.number = 0
        self.opened: Mode | None = None
        self.closed = False

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """Open it."""
        if mode.framerate > 100:
            raise CameraError("not that fast")
        self.opened = mode

    def read(self, timeout_seconds: float) -> Frame | None:
        """Return a frame, later."""
        self.now += min(self.seconds, timeout_seconds)
        self.number += 1
        return frame(self.number, (320, 240)) if self.seconds <= timeout_seconds else None

    def close(self) -> None:
        """Note it."""
        self.closed = True


def test_resolution_and_rate_are_those_that_come() -> None:
    """Beside those that were asked for."""
    camera = Timed(0.1)
    line = trying.attempt(SETTINGS, camera, lambda: camera.now)
    assert line in {f"320x240 pixels, {rate} images/s (asked for 640x480 at 30)" for rate in ("9.5", "10.0")}
    assert camera.opened == SETTINGS.mode
    assert camera.closed


def test_a_camera_without_frames_is_told_and_closed() -> None:
    """After a while in which a slow one would have begun."""
    camera = Timed(1000)
    with pytest.raises(ImagehubError, match="no image within 20 s"):
        trying.attempt(SETTINGS, camera, lambda: camera.now)
    assert camera.closed


def test_a_camera_that_can_t_be_opened_says_why() -> None:
    """In its own words."""
    with pytest.raises(CameraError, match="not that fast"):
        trying.attempt(replace(SETTINGS, mode=Mode(framerate=500)), Timed(1))
