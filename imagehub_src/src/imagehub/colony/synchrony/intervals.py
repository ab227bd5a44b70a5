"""Frames that are missing, doubled or out of order: told by the sensor's numbers, and again by the intervals alone.

The two know nothing of each other. Numbers are what the camera claims; instants tell what came of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gap:
    """`count` frames are missing after row `row` (from 0); `number` is the first one's, -1 where numbers don't tell."""

    row: int
    count: int
    number: int = -1


@dataclass(frozen=True, slots=True)
class Account:
    """Rows are counted from 0 in the order of the file; a doubled or disordered row is the later of the two."""

    gaps: tuple[Gap, ...] = ()
    doubled: tuple[int, ...] = ()
    disordered: tuple[int, ...] = ()

    @property
    def dropped(self) -> int:
        """How many frames are missing in all."""
        return sum(gap.count for gap in self.gaps)


def by_numbers(number: Instants) -> Account:
    """Return what the sensor's numbers tell: each is one more than the last, or frames are missing, or doubled."""
    newest = np.maximum.accumulate(number)
    ahead = number[1:] - newest[:-1]
    gaps = [Gap(int(row), int(ahead[row]) - 1, int(newest[row]) + 1) for row in np.flatnonzero(ahead > 1)]
    same = np.flatnonzero(ahead == 0) + 1
    return Account(tuple(gaps), _rows(same), _rows(np.flatnonzero(ahead < 0) + 1))


def by_intervals(instant_ns: Instants, framerate: float) -> Account:
    """Return what the instants alone tell at a nominal framerate.

    An interval below half a period is a doubled frame, and one of k periods, rounded, has k - 1 missing ones. That
    stands as long as each instant is less than a quarter of a period from its place.
    """
    nominal = 1e9 / framerate
    kept, doubled, disordered = _in_turn(instant_ns, nominal / 2)
    periods = _periods(instant_ns[kept], nominal)
    gaps = [Gap(int(kept[place + 1]) - 1, int(periods[place]) - 1) for place in np.flatnonzero(periods > 1)]
    return Account(tuple(gaps), tuple(doubled), tuple(disordered))


def jitter_ns(instant_ns: Instants, framerate: float) -> NDArray[np.float64]:
    """Return by how much each interval is off a whole number of periods, as the frames really came (float64, ns)."""
    kept, _, _ = _in_turn(instant_ns, 5e8 / framerate)
    steps = np.diff(instant_ns[kept]).astype(np.float64)
    if not len(steps):
        return steps
    slots = np.maximum(_periods(instant_ns[kept], 1e9 / framerate), 1)
    error: NDArray[np.float64] = np.abs(steps - slots * (steps.sum() / slots.sum()))
    return error


def clock_jumps(sensor_ns: Instants, wall_ns: Instants, least_ns: int = 1_000_000) -> list[tuple[int, int]]:
    """Return (row, by how many ns) where the machine's clock was set: it jumps against the sensor's, and stays there.

    A single instant that was read late is none.
    """
    apart = wall_ns - sensor_ns
    apart = apart - apart[:1].sum()
    jumps: list[tuple[int, int]] = []
    for row in np.flatnonzero(np.abs(np.diff(apart)) > least_ns) + 1:
        before, after = apart[max(0, row - 9) : row], apart[row : row + 9]
        by = int(np.median(after) - np.median(before))
        if abs(by) > least_ns and (not jumps or row - jumps[-1][0] > 9):
            jumps.append((int(row), by))
    return jumps


def _rows(found: NDArray[np.intp]) -> tuple[int, ...]:
    return tuple(int(row) for row in found)


def _in_turn(instant_ns: Instants, half_ns: float) -> tuple[NDArray[np.intp], list[int], list[int]]:
    """Return the rows that stand for a frame of their own, the doubled ones, and those that lie before their turn."""
    everything = np.arange(len(instant_ns))
    if len(instant_ns) < 2 or np.diff(instant_ns).min() >= half_ns:
        return everything, [], []
    kept, doubled, disordered = [0], [], []
    last = int(instant_ns[0])
    for row, instant in enumerate(instant_ns[1:].tolist(), start=1):
        if instant < last:
            disordered.append(row)
        elif instant - last < half_ns:
            doubled.append(row)
        else:
            kept.append(row)
            last = instant
    return np.array(kept), doubled, disordered


def _periods(instant_ns: Instants, nominal_ns: float) -> NDArray[np.float64]:
    """Return how many periods each interval has, at least 1.

    A camera seldom keeps exactly to its nominal rate. Where the intervals tell another one by more than jitter can
    explain, that is what a long gap is divided by.
    """
    steps = np.diff(instant_ns).astype(np.float64)
    if not len(steps):
        return steps
    slots = np.maximum(np.rint(steps / nominal_ns), 1)
    real = steps.sum() / slots.sum()
    if abs(real - nominal_ns) * slots.sum() <= nominal_ns:
        return slots
    refined: NDArray[np.float64] = np.maximum(np.rint(steps / real), 1)
    return refined
