"""Black and frozen pictures are told once, and so is that something is seen again."""

from collections.abc import Iterable

import numpy as np
import pytest

from imagehub.node.cameras.camera import Frame
from imagehub.node.cameras.watching import Limits, Watch

CHANCE = np.random.default_rng(1)


def noisy(level: int, noise: int = 3) -> np.ndarray:
    """Return a picture as a sensor has it: of this level, with noise."""
    return (level + CHANCE.integers(0, noise, (48, 64, 3))).astype(np.uint8)


def told(watch: Watch, pictures: Iterable[np.ndarray], begin: float = 0.0) -> list[tuple[float, str]]:
    """Return what a watch says of two pictures a second, and when."""
    said = []
    for number, pixels in enumerate(pictures):
        seconds = begin + number / 2
        news = watch.look(Frame(pixels, number, round(seconds * 1e9), 0))
        if news:
            said.append((seconds, news))
    return said


def test_pictures_of_a_working_camera_say_nothing() -> None:
    """Though they hardly differ."""
    assert told(Watch(Limits()), (noisy(90) for _ in range(100))) == []


def test_a_black_camera_is_told_once_after_some_seconds() -> None:
    """Such as one with its cap on: dark, with a little noise."""
    assert told(Watch(Limits(black_seconds=5)), (noisy(2) for _ in range(100))) == [(5.0, "black")]


def test_a_moment_of_darkness_is_nothing() -> None:
    """Shorter than the seconds it takes."""
    pictures = [*(noisy(90) for _ in range(4)), *(noisy(2) for _ in range(8)), *(noisy(90) for _ in range(20))]
    assert told(Watch(Limits(black_seconds=5)), pictures) == []


def test_a_night_with_one_light_is_not_black() -> None:
    """A mean as low as that is black only where nothing stands out."""
    night = [noisy(2) for _ in range(30)]
    for pixels in night:
        pixels[8:16, 8:16] = 160
    assert told(Watch(Limits()), night) == []


def test_what_is_seen_again_is_told() -> None:
    """And the next time it is black, that too."""
    pictures = [*(noisy(2) for _ in range(20)), *(noisy(90) for _ in range(10)), *(noisy(2) for _ in range(20))]
    assert told(Watch(Limits()), pictures) == [(5.0, "black"), (10.0, "seen again"), (20.0, "black")]


def test_a_frozen_camera_is_told() -> None:
    """The same picture to the last bit for some seconds, which the noise of a sensor never gives."""
    still = noisy(90)
    pictures = [*(noisy(90) for _ in range(10)), *([still.copy() for _ in range(40)]), *(noisy(90) for _ in range(4))]
    assert told(Watch(Limits(frozen_seconds=10)), pictures) == [(15.5, "frozen"), (25.0, "seen again")]


def test_a_source_that_is_not_live_can_not_freeze() -> None:
    """A video of a still thing, or a folder with one image, is as it should be."""
    still = noisy(90)
    assert told(Watch(Limits(live=False)), [still] * 100) == []


def test_how_much_may_differ_in_a_frozen_picture_can_be_set() -> None:
    """For cameras that encode the same picture a little differently each time."""
    pictures = [noisy(90, noise=2) for _ in range(60)]
    assert told(Watch(Limits(frozen_difference=1)), pictures) == [(10.5, "frozen")]


def test_what_was_told_stays_told_when_the_camera_is_opened_again() -> None:
    """A camera that is still black is not told again."""
    watch = Watch(Limits())
    assert told(watch, (noisy(2) for _ in range(20))) == [(5.0, "black")]
    watch.forget()
    assert told(watch, (noisy(2) for _ in range(40)), begin=100) == []
    assert told(watch, [noisy(90)], begin=130) == [(130.0, "seen again")]


@pytest.mark.parametrize("shape", [(24, 32, 3), (48, 64, 3)])
def test_another_size_is_another_picture(shape: tuple[int, int, int]) -> None:
    """Pictures of different sizes are not compared."""
    watch = Watch(Limits())
    told(watch, [noisy(90)])
    assert told(watch, [np.full(shape, 90, np.uint8)], begin=10) == []
