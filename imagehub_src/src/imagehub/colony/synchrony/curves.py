"""Long rows of values made short enough for a report and a picture, without hiding an outlier."""

import numpy as np
from numpy.typing import NDArray

from imagehub.colony.synchrony.figures import Point

STRETCHES = 300


def curve(second: NDArray[np.float64], value: NDArray[np.float64]) -> tuple[Point, ...]:
    """Return at most 300 stretches of equally many values, each with its least, middle and largest one."""
    if not len(value):
        return ()
    pieces = zip(_split(second), _split(value), strict=True)
    return tuple(
        Point(round(float(at[0]), 4), *(round(float(v), 4) for v in (of.min(), np.median(of), of.max())))
        for at, of in pieces
    )


def _split(values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    return np.array_split(values, min(STRETCHES, len(values)))
