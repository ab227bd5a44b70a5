"""What the settings of a detector of light mean."""

import numpy as np

from imagehub.node.detectors.detector import Change
from imagehub.node.detectors.light import LightDetector
from imagehub.node.settings.settings import LightSettings, Look

SIZE = (40, 20)


def grey(level: int, part: float = 1.0) -> np.ndarray:
    """Return an image of which the upper part has a level of grey, and the rest is black."""
    image = np.zeros((20, 40, 3), np.uint8)
    image[: round(20 * part)] = level
    return image


def states(detector: LightDetector, *images: np.ndarray) -> list[str]:
    """Return the states that images bring."""
    found = [detector.detect(image) for image in images]
    return [change.state for change in found if change is not None]


def test_threshold_is_a_mean_to_be_exceeded() -> None:
    """A mean of exactly the threshold is dark, one above is lighted; a fraction is cut off."""
    detector = LightDetector(LightSettings(threshold=25, min_frames=1), SIZE)
    assert states(detector, grey(25), grey(26)) == ["dark", "lighted"]
    almost = grey(26)
    almost[0, 0] = 25
    assert states(detector, almost) == ["dark"]


def test_min_frames_must_agree_in_a_row() -> None:
    """Four lighted images do not change the state where five are asked for, nor do five with a dark one between."""
    detector = LightDetector(LightSettings(threshold=25, min_frames=5), SIZE)
    assert states(detector, *[grey(0)] * 4) == []
    assert states(detector, grey(0)) == ["dark"]
    assert states(detector, *[grey(200)] * 4, grey(0), *[grey(200)] * 4) == []
    assert states(detector, grey(200)) == ["lighted"]


def test_percent_counts_pixels_of_the_threshold_or_brighter() -> None:
    """The manual's example: lighted where 40 percent of the pixels have 25 or more, however bright the others."""
    detector = LightDetector(LightSettings(threshold=25, percent=40, min_frames=1), SIZE)
    assert states(detector, grey(25, 0.35), grey(25, 0.4)) == ["dark", "lighted"]
    assert states(detector, grey(255, 0.35), grey(24)) == ["dark"]


def test_only_the_region_counts() -> None:
    """A bright lower half does not light the upper one."""
    settings = LightSettings(Look(roi=((0, 0), (100, 50))), threshold=25, min_frames=1)
    upside_down = grey(255, 0.5)[::-1]
    assert states(LightDetector(settings, SIZE), upside_down) == ["dark"]
    assert states(LightDetector(settings, SIZE), grey(255, 0.5)) == ["lighted"]


def test_a_change_tells_the_state_before() -> None:
    """The first state follows on `unknown`; a state that lasts brings no change."""
    detector = LightDetector(LightSettings(threshold=25, min_frames=1), SIZE)
    assert detector.state == "unknown"
    found = [detector.detect(grey(level)) for level in (0, 0, 90)]
    assert found == [Change("dark", "unknown"), None, Change("lighted", "dark")]
    assert detector.state == "lighted"


def test_an_image_is_not_changed() -> None:
    """Other detectors and the hub get the same pixels."""
    image = grey(77)
    LightDetector(LightSettings(), SIZE).detect(image)
    assert (image == grey(77)).all()


def test_test_images_show_the_steps() -> None:
    """Region, greys, the image's state and the mean; none before there was an image."""
    detector = LightDetector(LightSettings(Look(roi=((0, 0), (50, 50))), threshold=25, min_frames=5), SIZE)
    assert detector.test_images() == []
    detector.detect(grey(90))
    shown = dict(detector.test_images())
    assert {name: image.shape for name, image in shown.items()} == {
        "ROI": (10, 20, 3),
        "Grayscale": (10, 20),
        "State": (50, 200),
        "Mean Pixel Value": (50, 200),
    }
    assert (shown["Grayscale"] == 90).all()
