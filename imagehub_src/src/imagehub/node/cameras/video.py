"""The pictures of a video file."""

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from imagehub.node.cameras.camera import CameraError, EndOfFramesError

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels


class VideoPictures:
    """Plays any file that OpenCV can read, over and over or `once`."""

    def __init__(self, path: Path, once: bool = False) -> None:
        self.name = path.name
        self._path = path
        self._once = once
        self._video: cv2.VideoCapture | None = None
        self._passed = 0

    def open(self) -> None:
        """See `Pictures.open`."""
        self.close()
        self._video = cv2.VideoCapture(str(self._path))
        self._passed = 0
        if not self._video.isOpened():
            raise CameraError(f"{self._path} can't be read as a video: is it one, and is it whole?")

    def picture(self, number: int) -> "Pixels":
        """See `Pictures.picture`."""
        while self._passed < number:
            self._pass_over()
        done, pixels = self._opened().read()
        if not done:
            self._begin_again()
            done, pixels = self._opened().read()
        if not done:
            raise CameraError(f"{self._path} has no pictures that OpenCV can read")
        self._passed = number + 1
        return np.asarray(pixels, np.uint8)

    def close(self) -> None:
        """See `Pictures.close`."""
        if self._video is not None:
            self._video.release()
            self._video = None

    def _pass_over(self) -> None:
        if not self._opened().grab():
            self._begin_again()
            if not self._opened().grab():
                raise CameraError(f"{self._path} has no pictures that OpenCV can read")
        self._passed += 1

    def _begin_again(self) -> None:
        if self._once:
            raise EndOfFramesError(f"{self._path} has ended")
        passed = self._passed
        self.open()
        self._passed = passed

    def _opened(self) -> cv2.VideoCapture:
        if self._video is None:
            raise CameraError(f"{self._path} is not open")
        return self._video
