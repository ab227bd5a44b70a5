"""A painted scene, and the strip in it that tells a frame's number and instant to machines.

The strip is 40 by 3 cells at the top of the picture, black for 0 and white for 1, each as wide and high as a fortieth
of the picture's width. Its 120 bits, row by row, are the number (32 bits), the instant in nanoseconds since 1970 (64)
and the lowest 24 bits of their CRC-32, so that what was damaged on its way is not taken for a number.
"""

import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

COLUMNS, ROWS = 40, 3
SMALLEST = (160, 120)
_CONTENT = struct.Struct(">IQ")
_OBJECT_COLOURS = ((40, 60, 220), (200, 120, 30), (60, 190, 90), (30, 180, 220), (190, 60, 170))


def paint(number: int, wall_ns: int, resolution: tuple[int, int], seed: int = 0, objects: int = 3) -> "Pixels":
    """Return a frame: things that move over a background, and the strip.

    `seed` decides on the background and on how the `objects` things go.
    """
    pixels = scene(number, resolution, seed, objects)
    draw_strip(pixels, number, wall_ns)
    return pixels


def scene(number: int, resolution: tuple[int, int], seed: int = 0, objects: int = 3) -> "Pixels":
    """Return the frame without its strip, as a new array."""
    pixels = _background(resolution, seed).copy()
    width, height = resolution
    side = max(8, height // 6)
    for index in range(objects):
        step, row = 1 + (seed + index) % 3, (index + 1) * (height - side) // (objects + 1)
        across = (number * step * width // 160 + (seed + index) * width // 3) % (width + side) - side
        pixels[max(row, 0) : row + side, max(across, 0) : max(across + side, 0)] = _OBJECT_COLOURS[index % 5]
    return pixels


@lru_cache(maxsize=16)  # cameras of one process, each with a seed of its own
def _background(resolution: tuple[int, int], seed: int) -> "Pixels":
    """Return a smooth background with a grain, lest it be taken for a fault."""
    width, height = resolution
    chance = np.random.default_rng(seed)
    patches = chance.integers(60, 190, (4, 5, 3), np.uint8)
    smooth = cv2.resize(patches, resolution, interpolation=cv2.INTER_CUBIC).astype(np.int16)
    grain = chance.integers(-4, 5, (height, width, 1), np.int16)
    return np.asarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def draw_strip(pixels: "Pixels", number: int, wall_ns: int) -> None:
    """Draw the strip into pixels (rows, columns, 3), in place."""
    content = _CONTENT.pack(number & 0xFFFFFFFF, wall_ns)
    check = (zlib.crc32(content) & 0xFFFFFF).to_bytes(3, "big")
    cells = np.unpackbits(np.frombuffer(content + check, np.uint8)).reshape(ROWS, COLUMNS) * np.uint8(255)
    width = pixels.shape[1]
    strip = cv2.resize(cells, (width, _strip_height(width)), interpolation=cv2.INTER_NEAREST)
    pixels[: strip.shape[0]] = strip[:, :, np.newaxis]


def read_strip(pixels: "Pixels") -> tuple[int, int] | None:
    """Return (number, instant in nanoseconds since 1970) of a painted frame; None where there is no whole strip.

    It survives lossy compression and other sizes of the same picture, down to `SMALLEST`.
    """
    strip = pixels[: _strip_height(pixels.shape[1])]
    thirds = cv2.resize(strip, (3 * COLUMNS, 3 * ROWS), interpolation=cv2.INTER_AREA)  # a cell's borders are blurred
    cells = thirds[1::3, 1::3].mean(axis=2) > 127
    packed = np.packbits(cells).tobytes()
    content, check = packed[: _CONTENT.size], packed[_CONTENT.size :]
    if (zlib.crc32(content) & 0xFFFFFF).to_bytes(3, "big") != check:
        return None
    number, wall_ns = _CONTENT.unpack(content)
    return number, wall_ns


def _strip_height(width: int) -> int:
    return max(ROWS, round(width * ROWS / COLUMNS))
