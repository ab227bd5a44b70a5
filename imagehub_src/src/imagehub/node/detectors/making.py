"""The detector that settings ask for."""

from imagehub.errors import MissingExtraError
from imagehub.node.detectors.detector import Detector
from imagehub.node.settings.settings import DetectorSettings, LightSettings


def detector(settings: DetectorSettings, size: tuple[int, int]) -> Detector:
    """Return a detector for images of this size (width, height).

    Raises:
        ImagehubError: its region has no pixel in such images.
        MissingExtraError: OpenCV is not installed.
    """
    try:
        from imagehub.node.detectors.light import LightDetector
        from imagehub.node.detectors.motion import MotionDetector
    except ImportError:
        raise MissingExtraError("detecting light and motion", "node") from None
    if isinstance(settings, LightSettings):
        return LightDetector(settings, size)
    return MotionDetector(settings, size)
