"""What the settings of a detector of motion mean."""

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from imagehub.node.detectors.detector import Change
from imagehub.node.detectors.motion import MotionDetector
from imagehub.node.settings.settings import Look, MotionSettings

SIZE = (100, 100)
PLAIN = MotionSettings(blur_kernel_size=1, min_motion_frames=1, min_still_frames=1, min_area=3, delta_threshold=5)


def image(side: int = 0, brighter: int = 100, at: int = 20) -> np.ndarray:
    """Return a grey image with a brighter square of so many pixels a side."""
    pixels = np.full((100, 100, 3), 80, np.uint8)
    pixels[at : at + side, at : at + side] += np.uint8(brighter)
    return pixels


def states(settings: MotionSettings, images: Iterable[np.ndarray]) -> list[str]:
    """Return the state after each image."""
    detector = MotionDetector(settings, SIZE)
    found = []
    for each in images:
        detector.detect(each)
        found.append(detector.state)
    return found


def letters(settings: MotionSettings, moves: str) -> str:
    """Return the states' first letters, where a square leaps at each `m` of a text and stays at each `s`.

    The place that it leaps to is 50 brighter than the average, and the one that it left differs by 25 at most.
    """
    detector = MotionDetector(replace(settings, delta_threshold=40), SIZE)
    found = ""
    for leaps in np.cumsum([letter == "m" for letter in moves]):
        detector.detect(image(15, at=5 + 20 * (int(leaps) % 4)))
        found += detector.state[0]
    return found


@pytest.mark.parametrize(("brighter", "state"), [(10, "still"), (11, "still"), (12, "moving")])
def test_delta_threshold_is_a_difference_to_the_average_to_be_exceeded(brighter: int, state: str) -> None:
    """The newest image is half of the average: 12 brighter is 6 more than it, 10 is 5, and so is 11 by rounding."""
    assert states(PLAIN, [image(), image(40, brighter)])[-1] == state


@pytest.mark.parametrize(("min_area", "state"), [(10.89, "moving"), (11, "moving"), (11.6, "still"), (12, "still")])
def test_min_area_is_percent_of_the_region(min_area: float, state: str) -> None:
    """A square of 30 pixels grows by 2 on each side as it is dilated, and its outline encloses 33x33 pixels."""
    region = replace(PLAIN, look=Look(roi=((0, 0), (100, 95))), min_area=min_area)
    assert states(region, [image(), image(30)])[-1] == state


def test_two_small_things_are_not_one_large() -> None:
    """Each outline is measured by itself."""
    both = np.maximum(image(15), image(15, at=60))
    settings = replace(PLAIN, min_area=5)
    assert states(settings, [image(), both])[-1] == "still"
    assert states(settings, [image(), image(30)])[-1] == "moving"


def test_min_motion_frames_must_follow_each_other() -> None:
    """Two images with motion, one without and two again are no motion where three are asked for."""
    settings = replace(PLAIN, min_motion_frames=3, min_still_frames=1)
    assert letters(settings, "sssmmsmmsmmm") == "uusssssssssm"


def test_min_still_frames_are_counted_since_the_last_motion() -> None:
    """Three images without motion end it; a single one with motion in between takes nothing away."""
    settings = replace(PLAIN, min_motion_frames=2, min_still_frames=3)
    assert letters(settings, "sssmmsss") == "uussmmms"
    assert letters(settings, "sssmmssms") == "uussmmmms"


def test_nothing_is_told_before_there_are_enough_images() -> None:
    """As many as the larger of `min_motion_frames` and `min_still_frames`."""
    assert letters(replace(PLAIN, min_motion_frames=4, min_still_frames=2), "ssss") == "uuus"
    assert letters(replace(PLAIN, min_motion_frames=1, min_still_frames=3), "smmm") == "uumm"


def test_blur_kernel_size_smoothes_specks_away() -> None:
    """A single bright pixel moves without blur, and is nothing with one of 15 pixels."""
    settings = replace(PLAIN, min_area=0.1)
    assert states(settings, [image(), image(1)])[-1] == "moving"
    assert states(replace(settings, blur_kernel_size=15), [image(), image(1)])[-1] == "still"


def test_only_the_region_counts() -> None:
    """What moves outside it is not seen."""
    corner = replace(PLAIN, look=Look(roi=((0, 0), (20, 20))))
    assert states(corner, [image(), image(40)])[-1] == "still"
    assert states(corner, [image(), image(40, at=5)])[-1] == "moving"


def test_a_scene_that_changed_becomes_the_one_to_compare_with() -> None:
    """Something that came and stays is motion for a few images only."""
    found = states(PLAIN, [image(), *[image(30)] * 10])
    assert found == ["still", *["moving"] * 4, *["still"] * 6]


def test_a_change_tells_the_state_before() -> None:
    """The first state follows on `unknown`; a state that lasts brings no change."""
    detector = MotionDetector(PLAIN, SIZE)
    assert detector.state == "unknown"
    found = [detector.detect(each) for each in (image(), image(), image(30))]
    assert found == [Change("still", "unknown"), None, Change("moving", "still")]


def test_an_image_is_not_changed() -> None:
    """Other detectors and the hub get the same pixels."""
    seen = image(30)
    detector = MotionDetector(MotionSettings(), SIZE)
    detector.detect(seen)
    detector.detect(seen)
    assert (seen == image(30)).all()


def test_test_images_show_the_steps() -> None:
    """Region, blurred greys, differences, what is left of them, and the figures; none before there was an image."""
    detector = MotionDetector(PLAIN, SIZE)
    assert detector.test_images() == []
    detector.detect(image())
    detector.detect(image(30))
    shown = dict(detector.test_images())
    assert list(shown) == ["ROI", "Grayscale", "frameDelta", "thresholded", "State", "N Contours", "Area"]
    assert shown["frameDelta"].max() == 50
    assert cv2.countNonZero(shown["thresholded"]) == 34 * 34
    assert {shown[name].shape for name in ("State", "N Contours", "Area")} == {(50, 200)}


def test_test_images_stay_as_they_are() -> None:
    """The next image does not paint over those that wait to be sent."""
    detector = MotionDetector(PLAIN, SIZE)
    detector.detect(image())
    shown = dict(detector.test_images())
    detector.detect(image(30))
    assert not shown["thresholded"].any()
