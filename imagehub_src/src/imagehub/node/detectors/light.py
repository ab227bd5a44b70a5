"""Is a region lighted, or dark?"""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from imagehub.node.detectors import region
from imagehub.node.detectors.detector import UNKNOWN, Change, changed
from imagehub.node.settings.settings import LightSettings
from imagehub.node.test_images import state_image

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

LIGHTED, DARK = "lighted", "dark"


class LightDetector:
    """Tells `lighted` and `dark`, once `min_frames` images in a row are so.

    Without `percent` an image is lighted where the mean of the region's greys, its fraction cut off, is above
    `threshold`; with it, where at least so many percent of the pixels are `threshold` or brighter.
    """

    type = "light"

    def __init__(self, settings: LightSettings, size: tuple[int, int]) -> None:
        self.look = settings.look
        self.state = UNKNOWN
        self._settings = settings
        self._region = region.of(settings.look.roi, size)
        self._grey = np.empty(self._region.shape, np.uint8)
        self._seen: Pixels | None = None
        self._light = UNKNOWN
        self._alike = 0

    def detect(self, image: "Pixels") -> Change | None:
        """See `Detector.detect`."""
        self._seen = self._region.crop(image)
        cv2.cvtColor(self._seen, cv2.COLOR_BGR2GRAY, dst=self._grey)
        light = LIGHTED if self._is_lighted() else DARK
        self._alike = self._alike + 1 if light == self._light else 1
        self._light = light
        if self._alike < self._settings.min_frames:
            return None
        change = changed(self.state, light)
        self.state = light
        return change

    def test_images(self) -> list[tuple[str, "Pixels"]]:
        """See `Detector.test_images`; `State` is that of the last image alone."""
        if self._seen is None:
            return []
        return [
            ("ROI", self._seen.copy()),
            ("Grayscale", self._grey.copy()),
            ("State", state_image(self._light)),
            ("Mean Pixel Value", state_image(str(self._mean()))),
        ]

    def _is_lighted(self) -> bool:
        if self._settings.percent is None:
            return self._mean() > self._settings.threshold
        bright = int(np.count_nonzero(self._grey >= self._settings.threshold))
        return 100 * bright >= self._settings.percent * self._region.area

    def _mean(self) -> int:
        # In whole numbers: a mean of exactly the threshold must not become a little less by rounding.
        return int(cv2.sumElems(self._grey)[0]) // self._region.area
