"""Which parts of a picture are worth a closer look?"""

import math
from collections.abc import Sequence

from imagehub.librarian.vision.box import Box

# Small detectors take in 300 to 640 pixels a side: a still smaller part would show them little more.
LEAST_PIXELS = 250
# A crop is so much larger than what changed: a thing is known by what is around it, too.
ROOM = 2.0
# Neighbouring tiles share so much of their sides, so that what one of them cuts the next one has whole.
SHARED = 0.25
# Tiles are so large a share of the picture's shorter side, or larger, so that there are no more than MOST_TILES.
TILE = 0.6
MOST_TILES = 12


def crops(changed: Sequence[Box], width: int, height: int, most: int) -> list[Box]:
    """Return at most so many squares around what changed in a picture of so many pixels.

    The largest changes come first; a square takes in the other changes beside that still fit. One that would be most of
    the picture is left out: the picture is looked at as a whole anyway.
    """
    waiting, found = list(changed), list[Box]()
    while waiting and len(found) < most:
        around = waiting.pop(0)
        for other in list(waiting):
            together = _union(around, other)
            if _side(together, width, height) <= max(LEAST_PIXELS, _side(around, width, height)):
                around = together
                waiting.remove(other)
        square = _square(around, width, height)
        if square.area < 0.7:
            found.append(square)
        waiting = [other for other in waiting if not _inside(other, square)]
    return found


def tiles(width: int, height: int) -> list[Box]:
    """Return overlapping squares that cover a picture of so many pixels; none for one that is small as it is."""
    side = max(LEAST_PIXELS, TILE * min(width, height))
    while _along(width, side) * _along(height, side) > MOST_TILES:
        side *= 1.1
    wide, high = min(side, width), min(side, height)
    columns, rows = _along(width, side), _along(height, side)
    if columns * rows == 1:
        return []
    return [
        Box(_start(x, columns, width, wide), _start(y, rows, height, high), wide / width, high / height)
        for y in range(rows)
        for x in range(columns)
    ]


def _along(length: float, side: float) -> int:
    return 1 if side >= length else math.ceil((length - side) / (side * (1 - SHARED)) - 1e-9) + 1


def _start(number: int, count: int, length: float, side: float) -> float:
    return number * (length - side) / (count - 1) / length if count > 1 else 0.0


def _union(one: Box, other: Box) -> Box:
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return Box(left, top, right - left, bottom - top)


def _side(box: Box, width: int, height: int) -> float:
    return ROOM * max(box.width * width, box.height * height)


def _square(around: Box, width: int, height: int) -> Box:
    side = max(LEAST_PIXELS, _side(around, width, height))
    wide, high = min(1.0, side / width), min(1.0, side / height)
    left = around.left + around.width / 2 - wide / 2
    top = around.top + around.height / 2 - high / 2
    return Box(min(max(0.0, left), 1 - wide), min(max(0.0, top), 1 - high), wide, high)


def _inside(box: Box, part: Box) -> bool:
    return (
        part.left <= box.left
        and part.top <= box.top
        and box.left + box.width <= part.left + part.width
        and box.top + box.height <= part.top + part.height
    )
