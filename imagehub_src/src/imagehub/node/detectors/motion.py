"""Does something move in a region?

Each image is compared with a running average of those before it, in which every image weighs as much as all earlier
ones together: after PyImageSearch's tutorial on motion detection with OpenCV, which imagenode follows.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from imagehub.node.detectors import region
from imagehub.node.detectors.detector import UNKNOWN, Change, changed
from imagehub.node.settings.settings import MotionSettings
from imagehub.node.test_images import state_image

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

MOVING, STILL = "moving", "still"

_WEIGHT = 0.5
# What dilating twice by the 3x3 pixels around each one comes to.
_AROUND = np.ones((5, 5), np.uint8)


class MotionDetector:
    """Tells `moving` after `min_motion_frames` images in a row with motion, `still` after `min_still_frames` without.

    The images without motion count from the last one at which the region was moving; motion too short to count
    between them does not start the count again. An image has motion where something of at least `min_area` percent
    of the region differs from the average by more than `delta_threshold`.
    """

    type = "motion"

    def __init__(self, settings: MotionSettings, size: tuple[int, int]) -> None:
        self.look = settings.look
        self.state = UNKNOWN
        self._settings = settings
        self._region = region.of(settings.look.roi, size)
        self._min_area = self._region.area * settings.min_area // 100
        self._steps = _Steps(self._region.shape, settings.blur_kernel_size, settings.delta_threshold)
        self._seen: Pixels | None = None
        self._areas: list[float] = []
        self._images = self._moving = self._still = 0

    def detect(self, image: "Pixels") -> Change | None:
        """See `Detector.detect`."""
        self._seen = self._region.crop(image)
        self._areas = [cv2.contourArea(outline) for outline in self._steps.outlines(self._seen)]
        self._count(any(area >= self._min_area for area in self._areas))
        state = self._state_now()
        change = changed(self.state, state)
        self.state = state
        return change

    def test_images(self) -> list[tuple[str, "Pixels"]]:
        """See `Detector.test_images`; `Area` is the largest one's, in pixels."""
        if self._seen is None:
            return []
        return [
            ("ROI", self._seen.copy()),
            ("Grayscale", self._steps.grey.copy()),
            ("frameDelta", self._steps.delta.copy()),
            ("thresholded", self._steps.mask.copy()),
            ("State", state_image(self.state)),
            ("N Contours", state_image(str(len(self._areas)))),
            ("Area", state_image(str(max(self._areas, default=0.0)))),
        ]

    def _count(self, moves: bool) -> None:
        self._images += 1
        self._moving = self._moving + 1 if moves else 0
        self._still += not moves

    def _state_now(self) -> str:
        enough = self._settings.min_motion_frames, self._settings.min_still_frames
        if self._images < max(enough):
            return self.state
        if self._moving >= enough[0]:
            self._still = 0
            return MOVING
        return STILL if self._still >= enough[1] else self.state


class _Steps:
    """From an image to the outlines of what differs; each step's array is used again for the next image."""

    def __init__(self, shape: tuple[int, int], kernel: int, threshold: int) -> None:
        self.grey = np.empty(shape, np.uint8)
        self.delta = np.empty(shape, np.uint8)
        self.mask = np.empty(shape, np.uint8)
        self._average: np.ndarray | None = None
        self._kernel = kernel, kernel
        self._threshold = threshold

    def outlines(self, seen: "Pixels") -> Sequence[np.ndarray]:
        cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY, dst=self.grey)
        cv2.GaussianBlur(self.grey, self._kernel, 0, dst=self.grey)
        cv2.absdiff(self.grey, self._mean(), dst=self.delta)
        cv2.threshold(self.delta, self._threshold, 255, cv2.THRESH_BINARY, dst=self.mask)
        if not cv2.countNonZero(self.mask):  # as in most images of most cameras
            return ()
        cv2.dilate(self.mask, _AROUND, dst=self.mask)
        return cv2.findContours(self.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]

    def _mean(self) -> np.ndarray:
        if self._average is None:
            self._average = self.grey.astype(np.float64)
        else:
            cv2.accumulateWeighted(self.grey, self._average, _WEIGHT)
        # The array of the differences holds the average until they are made of it.
        return cv2.convertScaleAbs(self._average, dst=self.delta)
