"""Scenes that detectors of a node watch in tests: the same to the last bit on every machine."""

import random
from collections.abc import Iterator

import cv2
import numpy as np

SIZE = (160, 120)
"""Width and height."""


def walkers(seed: int, images: int) -> Iterator[np.ndarray]:
    """Yield a noisy yard through which a block walks, in stretches of a few images, and rests in between."""
    dice = random.Random(seed)
    left, top, speed, stretch = 10, 40, 0, 0
    for noise in _noise(seed, images):
        if not stretch:
            stretch, speed = dice.choice((1, 2, 3, 5, 8, 14)), dice.choice((0, 0, 3, -3, 9))
        stretch -= 1
        left = (left + speed) % SIZE[0]
        image = _yard() + noise
        image[top : top + 40, left : left + 25] += 60
        yield image


def specks(seed: int, images: int) -> Iterator[np.ndarray]:
    """Yield a yard on which spots of all sizes come and go, some near the smallest area that counts."""
    dice = random.Random(seed)
    spots: list[tuple[int, int, int]] = []
    for noise in _noise(seed, images):
        if dice.random() < 0.3:
            spots = [
                (dice.randrange(150), dice.randrange(110), dice.randrange(2, 30)) for _ in range(dice.randrange(4))
            ]
        image = _yard() + noise
        for left, top, side in spots:
            image[top : top + side, left : left + side] -= 70
        yield image


def lamps(seed: int, images: int) -> Iterator[np.ndarray]:
    """Yield a yard whose light goes up and down, lingers and flickers; an area in the middle is always brighter."""
    dice = random.Random(seed)
    light, aim = 0, 100
    for noise in _noise(seed, images):
        if abs(light - aim) < 4 or dice.random() < 0.05:
            aim = dice.choice((0, 40, 70, 95, 100, 105, 140))
        light += max(-12, min(12, aim - light))
        image = np.full((*SIZE[::-1], 3), light, np.uint8) + noise
        image[40:80, 60:100] += 50
        if dice.random() < 0.1:
            image //= 2
        yield image


def film(path: str, images: int) -> Iterator[np.ndarray]:
    """Yield the first images of a video."""
    video = cv2.VideoCapture(path)
    for _ in range(images):
        there, image = video.read()
        assert there
        yield np.asarray(image)
    video.release()


SCENES = {"walkers": walkers, "specks": specks, "lamps": lamps}


def _yard() -> np.ndarray:
    columns = np.arange(SIZE[0], dtype=np.uint8) // 2 + 80
    return np.repeat(np.tile(columns, (SIZE[1], 1))[:, :, np.newaxis], 3, axis=2)


def _noise(seed: int, images: int) -> Iterator[np.ndarray]:
    """Yield arrays of 0 to 3. NumPy keeps to the numbers of a bit generator, if not to those of its distributions."""
    generator = np.random.PCG64(seed)
    shape = (*SIZE[::-1], 3)
    for _ in range(images):
        yield (generator.random_raw(int(np.prod(shape)) // 8).view(np.uint8) & 3).reshape(shape)
