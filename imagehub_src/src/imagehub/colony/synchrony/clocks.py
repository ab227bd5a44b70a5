"""How far another machine's clock is from this one, how sure that is, and how it went on during a recording.

An exchange is NTP's on-wire protocol (RFC 5905, section 8): four instants, two by each clock. The asking clock is the
reference (the conductor's); an offset is the other clock minus the reference, so `other - offset` is reference time.
Whatever the delays of the two ways were, the true offset lies within half the round trip of the measured one, for
neither way takes less than no time; that bound, not a deviation of the samples, is what is given as uncertainty.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imagehub.colony.synchrony import drift
from imagehub.errors import ImagehubError

Instants = NDArray[np.int64]

WANDER_PPM = 15.0  # by how much a clock's rate may change between two looks; PHI of RFC 5905, section 7.2
LARGEST_DRIFT_PPM = 100.0  # how fast two ordinary crystals may drift apart; what goes beyond it is taken for a step
READING_NS = 1_000  # what reading a clock may be off by (the precision of RFC 5905)


class ClockError(ImagehubError):
    """No exchange can tell an offset, because there was none or all of them contradict themselves."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """One exchange, in nanoseconds since 1970: T1 and T4 by the asking clock, T2 and T3 by the answering one."""

    asked_ns: int
    received_ns: int
    answered_ns: int
    back_ns: int

    @property
    def offset_ns(self) -> int:
        """The other clock minus this one: ((T2 - T1) + (T3 - T4)) / 2."""
        return (self.received_ns - self.asked_ns + self.answered_ns - self.back_ns) // 2

    @property
    def delay_ns(self) -> int:
        """The time that both ways took together: (T4 - T1) - (T3 - T2)."""
        return (self.back_ns - self.asked_ns) - (self.answered_ns - self.received_ns)

    @property
    def uncertainty_ns(self) -> int:
        """By how much the offset may be wrong: half the delay, and what reading and drifting add in the meantime."""
        drifted = WANDER_PPM * 1e-6 * abs(self.back_ns - self.asked_ns)
        return -(-self.delay_ns // 2) + round(drifted) + READING_NS


@dataclass(frozen=True, slots=True)
class Offset:
    """Another clock minus the reference at `at_ns` (reference clock): the truth is within `uncertainty_ns` of it.

    `drift_ppm` is how fast it changes in millionths, positive where the other clock is the faster one, true within
    `drift_uncertainty_ppm`; both are None where the exchanges span too little to tell.
    """

    offset_ns: int
    uncertainty_ns: int
    delay_ns: int
    drift_ppm: float | None = None
    at_ns: int = 0
    drift_uncertainty_ppm: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The offset at some instant, and by how much it may be wrong."""

    offset_ns: int
    uncertainty_ns: int


@dataclass(frozen=True, slots=True)
class Step:
    """A clock was set, or corrected in a hurry, between two measurements: `after_ns` and `before_ns` (reference)."""

    after_ns: int
    before_ns: int
    by_ns: int


def exchange(ask: Callable[[], Stamps], rounds: int) -> list[Stamps]:
    """Ask so many times, one after the other, and return all answers; what `ask` raises passes through."""
    return [ask() for _ in range(rounds)]


def estimate(stamps: Sequence[Stamps]) -> Offset:
    """Return what the exchanges (in their order) tell: the offset of the one with the least delay, as in RFC 5905.

    Where a clock was set in between, only those since then count. Raise ClockError where none is of use.
    """
    sound = [_as_offset(each) for each in stamps if each.delay_ns >= 0 and each.answered_ns >= each.received_ns]
    if not sound:
        raise ClockError(
            f"none of {len(stamps)} clock exchanges is of use: is a clock being set? Try again, and see to it that one "
            "service alone (chrony, or PTP) sets the time"
        )
    steady = _since_step(sound)
    best = min(steady, key=lambda each: each.delay_ns)
    return _with_drift(best, steady)


class Tracker:
    """A clock followed through a recording: measurements go in, the offset at any instant comes out.

    A measurement that is less sure than its neighbours make it, crystals drifting as they may, says nothing new and is
    passed over, unless it contradicts them.
    """

    def __init__(self, offsets: Iterable[Offset] = ()) -> None:
        self._offsets: list[Offset] = []
        self._telling: list[Offset] | None = None
        for each in offsets:
            self.add(each)

    def add(self, offset: Offset) -> None:
        """Take in one more measurement, wherever in time it belongs."""
        place = bisect_right([each.at_ns for each in self._offsets], offset.at_ns)
        self._offsets.insert(place, offset)
        self._telling = None

    @property
    def offsets(self) -> tuple[Offset, ...]:
        """All measurements in the order of time."""
        return tuple(self._offsets)

    def steps(self) -> list[Step]:
        """Return where the clock jumped by more than the measurements' uncertainty and a crystal's drift explain."""
        return [
            Step(before.at_ns, after.at_ns, after.offset_ns - before.offset_ns)
            for before, after in pairwise(self._used())
            if _jumped(before, after)
        ]

    def drift(self) -> drift.Drift | None:
        """Return how fast the clock drifted since its last step; None where that is too short ago to tell."""
        return drift.of([_sample(each) for each in _since_step(self._used())]) if self._offsets else None

    def offset_at(self, at_ns: int) -> Reading:
        """Return the offset at an instant of the reference clock.

        Between two measurements it is taken to change evenly, and the uncertainty grows with the distance from the
        nearer one. Where the clock jumped between them it is the middle, and the uncertainty covers both sides. Before
        the first and after the last it grows by as much as crystals may drift. Raise ClockError without measurements.
        """
        offset, uncertainty = self._at(np.array([at_ns], dtype=np.int64))
        return Reading(int(offset[0]), int(uncertainty[0]))

    def to_reference(self, other_ns: Instants) -> tuple[Instants, Instants]:
        """Return instants of the other clock by the reference clock, and the uncertainty of each (nanoseconds).

        Instants that a clock which was set back had twice are taken for either. Raise ClockError without measurements.
        """
        at = other_ns - self._known()[0].offset_ns
        for _ in range(3):  # an offset belongs to an instant of the reference, which is what is looked for
            offset, uncertainty = self._at(at)
            at = other_ns - offset
        return at, uncertainty

    def _used(self) -> list[Offset]:
        if self._telling is None:
            self._telling = _telling(self._offsets)
        return self._telling

    def _known(self) -> list[Offset]:
        if not self._offsets:
            raise ClockError("the clocks were never compared")
        return self._used()

    def _at(self, at_ns: Instants) -> tuple[Instants, Instants]:
        known = self._known()
        times = np.array([each.at_ns for each in known], dtype=np.int64)
        right = np.searchsorted(times, at_ns, side="right")
        before, after = np.maximum(right - 1, 0), np.minimum(right, len(known) - 1)
        near, far = np.abs(at_ns - times[before]), np.abs(times[after] - at_ns)
        share = np.where(before == after, 0.0, near / np.maximum(near + far, 1))
        jumped = np.array([_jumped(one, two) for one, two in pairwise(known)] + [False])[before] & (before != after)
        offset = np.array([each.offset_ns for each in known], dtype=np.int64)
        sure = np.array([each.uncertainty_ns for each in known], dtype=np.int64)
        change = offset[after] - offset[before]
        value = offset[before] + np.rint(np.where(jumped, 0.5, share) * change).astype(np.int64)
        edge = before == after
        away = np.where(jumped, np.maximum(near, far), np.minimum(near, far))
        rate = np.where(edge | jumped, LARGEST_DRIFT_PPM, WANDER_PPM) * 1e-6
        grown = np.maximum(sure[before], sure[after]) + np.ceil(rate * away).astype(np.int64)
        return value, grown + np.where(jumped, (np.abs(change) + 1) // 2, 0)


def _as_offset(stamps: Stamps) -> Offset:
    middle = (stamps.asked_ns + stamps.back_ns) // 2
    return Offset(stamps.offset_ns, stamps.uncertainty_ns, stamps.delay_ns, at_ns=middle)


def _jumped(before: Offset, after: Offset) -> bool:
    drifted = LARGEST_DRIFT_PPM * 1e-6 * abs(after.at_ns - before.at_ns)
    return abs(after.offset_ns - before.offset_ns) > before.uncertainty_ns + after.uncertainty_ns + drifted


def _telling(offsets: Sequence[Offset]) -> list[Offset]:
    """Return the measurements that are surer than their neighbours make them, and those that contradict these."""
    surest = _spread(offsets)
    backwards = _spread(offsets[::-1])[::-1]
    kept = [each.uncertainty_ns <= min(pair) for each, *pair in zip(offsets, surest, backwards, strict=True)]
    found: list[Offset] = []
    for place, each in enumerate(offsets):
        after = next((offsets[later] for later in range(place + 1, len(offsets)) if kept[later]), None)
        contradicts = (found and _jumped(found[-1], each)) or (after is not None and _jumped(each, after))
        if kept[place] or contradicts:
            found.append(each)
    return found


def _spread(offsets: Sequence[Offset]) -> list[float]:
    """Return for each measurement how sure those at or before it (in this order) make its instant, in nanoseconds."""
    spread: list[float] = []
    for place, each in enumerate(offsets):
        carried = float("inf")
        if place:
            carried = spread[-1] + LARGEST_DRIFT_PPM * 1e-6 * abs(each.at_ns - offsets[place - 1].at_ns)
        spread.append(min(float(each.uncertainty_ns), carried))
    return spread


def _since_step(offsets: Sequence[Offset]) -> Sequence[Offset]:
    first = 0
    for place, (before, after) in enumerate(pairwise(offsets), start=1):
        if _jumped(before, after):
            first = place
    return offsets[first:]


def _with_drift(best: Offset, offsets: Sequence[Offset]) -> Offset:
    seen = drift.of([_sample(each) for each in offsets])
    return best if seen is None else replace(best, drift_ppm=seen.ppm, drift_uncertainty_ppm=seen.uncertainty_ppm)


def _sample(offset: Offset) -> drift.Sample:
    return drift.Sample(offset.at_ns, offset.offset_ns, offset.uncertainty_ns)
