"""What changed since a camera's last pictures."""

from typing import Any

import cv2
import numpy as np
import pytest

from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.looking.changes import changes

RANDOM = np.random.default_rng(20)
Grey = np.ndarray[Any, Any]


def scene(seed: int = 1) -> Grey:
    """Return a picture with large and small parts, some of them dark and some bright."""
    random = np.random.default_rng(seed)
    coarse = cv2.resize(random.integers(40, 170, (6, 8)).astype(np.float32), (320, 240), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(random.normal(0, 60, (240, 320)), (0, 0), 2)
    return np.asarray(np.clip(coarse + fine, 0, 255), np.uint8)


def with_thing(picture: Grey, left: int, top: int, width: int = 16, height: int = 40, level: int = 230) -> Grey:
    """Return the picture with something in it."""
    changed = picture.copy()
    changed[top : top + height, left : left + width] = level
    return changed


def noisy(picture: Grey, sigma: float) -> Grey:
    """Return the picture as a poor sensor sees it."""
    return np.asarray(np.clip(picture + RANDOM.normal(0, sigma, picture.shape), 0, 255), np.uint8)


def lit(picture: Grey, gain: float, offset: float = 0, gamma: float = 1, across: float = 0) -> Grey:
    """Return the picture in another light, which may be another at the left than at the right."""
    slope = 1 + across * np.linspace(-1, 1, picture.shape[1])
    return np.asarray(np.clip((255 * (picture / 255.0) ** gamma * gain + offset) * slope, 0, 255), np.uint8)


def test_what_appears_is_framed() -> None:
    """The box holds the thing, and little more."""
    before = scene()
    (found,) = changes(with_thing(before, 100, 120), [before])
    assert found.overlap(Box(100 / 320, 120 / 240, 16 / 320, 40 / 240)) > 0.7


def test_the_largest_change_comes_first() -> None:
    """Crops are few."""
    before = scene()
    now = with_thing(with_thing(before, 30, 40, 10, 20), 200, 100, 40, 80)
    areas = [box.area for box in changes(now, [before])]
    assert len(areas) == 2
    assert areas == sorted(areas, reverse=True)


def test_what_moved_is_looked_for_where_it_is_now() -> None:
    """With two pictures before, it is where neither of them had it: not where it was."""
    empty = scene()
    walk = [with_thing(empty, left, 120) for left in (60, 140, 220)]
    (found,) = changes(walk[2], walk[:2])
    assert found.left == pytest.approx(220 / 320, abs=0.02)


@pytest.mark.parametrize("sigma", [0, 3, 8, 15])
def test_noise_is_no_change(sigma: float) -> None:
    """However poor the sensor."""
    assert changes(noisy(scene(), sigma), [noisy(scene(), sigma), noisy(scene(), sigma)]) == []


@pytest.mark.parametrize(
    "light",
    [
        {"gain": 1.3},
        {"gain": 0.5},
        {"gain": 0.15, "offset": 3},
        {"gain": 1, "offset": 25},
        {"gain": 1, "gamma": 0.75},
        {"gain": 1, "gamma": 1.3},
        {"gain": 1, "across": 0.1},
    ],
)
def test_light_is_no_change(light: dict[str, float]) -> None:
    """Whether the sun comes out, a lamp is lit or a cloud's shadow lies on half of the picture."""
    assert changes(noisy(lit(scene(), **light), 3), [noisy(scene(), 3)]) == []


@pytest.mark.parametrize("light", [{"gain": 1.25}, {"gain": 0.6}, {"gain": 1, "across": 0.2}])
def test_a_thing_is_seen_in_another_light(light: dict[str, float]) -> None:
    """Both happen at once when a lamp is switched by motion."""
    found = changes(noisy(lit(with_thing(scene(), 100, 120, level=10), **light), 3), [noisy(scene(), 3)])
    assert max(box.overlap(Box(100 / 320, 120 / 240, 16 / 320, 40 / 240)) for box in found) > 0.5


def test_specks_are_no_change() -> None:
    """A fly or a flake is not worth a crop."""
    before = scene()
    now = before.copy()
    for left in range(10, 300, 40):
        now[100:102, left : left + 2] = 255
    assert changes(now, [before]) == []


def test_without_a_picture_of_the_same_size_nothing_changed() -> None:
    """A camera may have been turned, or set to another resolution."""
    assert changes(scene(), []) == []
    assert changes(scene(), [np.zeros((180, 320), np.uint8)]) == []


@pytest.mark.parametrize("level", [0, 128, 255])
def test_pictures_of_one_colour_are_compared_too(level: int) -> None:
    """A covered lens is no fault."""
    plain = np.full((240, 320), level, np.uint8)
    assert changes(plain, [plain]) == []
    assert isinstance(changes(plain, [scene()]), list)
    assert isinstance(changes(scene(), [plain]), list)


def test_tiny_pictures_are_compared_too() -> None:
    """A thumbnail is a picture."""
    assert changes(np.zeros((3, 5), np.uint8), [np.zeros((3, 5), np.uint8)]) == []
