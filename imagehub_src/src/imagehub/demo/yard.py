"""What stands still before a simulated camera: hills, a meadow, a path, a barn, trees and a fence."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]  # blue, green, red
Corners = Sequence[tuple[int, int]] | npt.NDArray[np.float64]  # x and y of each

WIDTH, HEIGHT = 640, 480
HORIZON = 200
BARN_WIDTH = 190
BARN_FOOT = HORIZON + 45
FENCE_TOP, FENCE_FOOT = HORIZON + 52, HORIZON + 88
TREES = 4
FINE_GRAIN = 4.5

WALLS: tuple[Colour, ...] = ((55, 60, 150), (120, 140, 150), (95, 105, 115))
ROOF: Colour = (70, 75, 85)
WHITEWASH: Colour = (215, 220, 225)
RAIL: Colour = (150, 170, 180)
TRUNK: Colour = (45, 65, 85)
SAND: Colour = (120, 155, 175)


def build(seed: int) -> Pixels:
    """Return the yard of a seed in full light, HEIGHT x WIDTH pixels; the open sky is black."""
    chance = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    barn = int(chance.integers(40, WIDTH - BARN_WIDTH - 40))
    _hills(picture, chance)
    _ground(picture, chance)
    _barn(picture, barn, WALLS[seed % len(WALLS)])
    for _ in range(TREES):
        beside = barn + BARN_WIDTH + 40 + int(chance.integers(WIDTH - BARN_WIDTH - 80))
        _tree(picture, beside % WIDTH, chance)
    _fence(picture)
    rough = picture + chance.normal(0, FINE_GRAIN, (HEIGHT, WIDTH, 1))
    return np.where(picture.any(axis=2, keepdims=True), np.clip(rough, 1, 255), 0).astype(np.uint8)


def _hills(picture: Pixels, chance: np.random.Generator) -> None:
    for colour, height in (((150, 140, 120), 46.0), ((105, 120, 95), 22.0)):
        start, length = chance.uniform(0, 6), chance.uniform(70, 120)
        across = np.arange(0, WIDTH + 8, 8)
        ridge = np.column_stack([across, HORIZON - height * (0.6 + 0.4 * np.sin(across / length + start))])
        _polygon(picture, np.vstack([ridge, (WIDTH, HORIZON), (0, HORIZON)]), colour)


def _ground(picture: Pixels, chance: np.random.Generator) -> None:
    """Grass that gets coarser and greener towards the camera, and the path through it."""
    down = np.linspace(0, 1, HEIGHT - HORIZON)[:, np.newaxis, np.newaxis]
    far, near = np.array((85, 145, 125)), np.array((50, 110, 85))
    picture[HORIZON:] = (far + (near - far) * down).astype(np.uint8)
    x = int(chance.integers(150, 500))
    bends = (
        (x - 8, HORIZON),
        (x + 8, HORIZON),
        (x + 80, 350),
        (x + 180, HEIGHT),
        (x - 90, HEIGHT),
        (x - 20, 350),
    )
    _polygon(picture, bends, SAND)
    tufts = cv2.GaussianBlur(chance.normal(0, 55, (HEIGHT - HORIZON, WIDTH)), (0, 0), sigmaX=3, sigmaY=1.2)
    picture[HORIZON:] = np.clip(picture[HORIZON:] + tufts[:, :, np.newaxis] * (0.4 + down), 1, 255).astype(np.uint8)


def _barn(picture: Pixels, x: int, wall: Colour) -> None:
    eaves, right, middle = BARN_FOOT - 95, x + BARN_WIDTH, x + BARN_WIDTH // 2
    cv2.rectangle(picture, (x, eaves), (right, BARN_FOOT), wall, cv2.FILLED)
    for plank in range(x, right, 12):
        cv2.line(picture, (plank, eaves), (plank, BARN_FOOT), _darker(wall, 0.8))
    ridge = eaves - 52
    _polygon(picture, ((x - 14, eaves), (right + 14, eaves), (right - 24, ridge), (x + 24, ridge)), ROOF)
    left, right, top = middle - 26, middle + 26, BARN_FOOT - 66
    cv2.rectangle(picture, (left, top), (right, BARN_FOOT), _darker(wall, 0.6), cv2.FILLED)
    cv2.line(picture, (left, top), (right, BARN_FOOT), WHITEWASH, 3, cv2.LINE_AA)
    cv2.line(picture, (left, BARN_FOOT), (right, top), WHITEWASH, 3, cv2.LINE_AA)


def _tree(picture: Pixels, x: int, chance: np.random.Generator) -> None:
    foot, high = HORIZON + int(chance.integers(15, 50)), int(chance.integers(75, 125))
    cv2.line(picture, (x, foot), (x, foot - high), TRUNK, 8)
    for _ in range(90):
        leaves = x + round(chance.normal(0, 20)), foot - high + round(chance.normal(0, 16))
        shade = int(chance.integers(60, 115))
        cv2.circle(picture, leaves, int(chance.integers(4, 11)), (shade // 2, shade, shade * 2 // 3), cv2.FILLED)


def _fence(picture: Pixels) -> None:
    for rail in (FENCE_TOP + 8, FENCE_TOP + 22):
        cv2.line(picture, (0, rail), (WIDTH, rail), RAIL, 3, cv2.LINE_AA)
    for post in range(12, WIDTH, 56):
        cv2.rectangle(picture, (post, FENCE_TOP), (post + 6, FENCE_FOOT), RAIL, cv2.FILLED)


def _darker(colour: Colour, share: float) -> Colour:
    blue, green, red = colour
    return round(blue * share), round(green * share), round(red * share)


def _polygon(picture: Pixels, corners: Corners, colour: Colour) -> None:
    """Fill a polygon. Its edges are hard: smooth ones would be dark where the sky is painted beside them."""
    cv2.fillPoly(picture, [np.array(corners).round().astype(np.int32)], colour)
