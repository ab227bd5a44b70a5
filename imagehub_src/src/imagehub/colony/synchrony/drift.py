"""How fast one clock runs away from another, from offsets measured over some time."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import NamedTuple

LEAST_SECONDS = 10.0
LEAST_SAMPLES = 5
LEAST_SURE_PPM = 20.0  # what is less sure than that says nothing of an ordinary crystal
BINS = 60


class Sample(NamedTuple):
    """An offset and its uncertainty, at an instant of the reference clock; all in nanoseconds."""

    at_ns: int
    offset_ns: int
    uncertainty_ns: int


class Drift(NamedTuple):
    """Millionths by which the clock is faster (positive) or slower, and by how many that may be wrong."""

    ppm: float
    uncertainty_ppm: float


def of(samples: Sequence[Sample]) -> Drift | None:
    """Return the drift, by Theil and Sen's median of slopes; None where the samples can't tell within 20 ppm.

    The uncertainty is a bound, not a deviation: the mean drift between the two samples that tell it best is certain
    within the uncertainty of both over the time between them, and the distance of the median from that is added.
    """
    if len(samples) < LEAST_SAMPLES or _span(samples) < LEAST_SECONDS * 1e9:
        return None
    slopes = [_slope(one, two) for one, two in combinations(_surest(samples), 2) if two.at_ns > one.at_ns]
    if not slopes:
        return None
    best = min(slopes, key=lambda each: each.uncertainty_ppm)
    middle = median(each.ppm for each in slopes)
    sure = best.uncertainty_ppm + abs(middle - best.ppm)
    return Drift(middle, sure) if sure <= LEAST_SURE_PPM else None


def _span(samples: Sequence[Sample]) -> int:
    return samples[-1].at_ns - samples[0].at_ns


def _surest(samples: Sequence[Sample]) -> list[Sample]:
    """Return the surest sample of each part of the time: what is left is quick to compare, each with each."""
    width = _span(samples) // BINS + 1
    bins: dict[int, Sample] = {}
    for each in samples:
        number = (each.at_ns - samples[0].at_ns) // width
        if number not in bins or each.uncertainty_ns < bins[number].uncertainty_ns:
            bins[number] = each
    return [bins[number] for number in sorted(bins)]


def _slope(one: Sample, two: Sample) -> Drift:
    apart = two.at_ns - one.at_ns
    return Drift((two.offset_ns - one.offset_ns) / apart * 1e6, (one.uncertainty_ns + two.uncertainty_ns) / apart * 1e6)
