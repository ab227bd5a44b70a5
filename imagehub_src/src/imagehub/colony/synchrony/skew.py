"""How far apart frames of several cameras are: each is matched with the nearest one of a reference camera."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imagehub.colony.synchrony.curves import curve
from imagehub.colony.synchrony.figures import CameraAudit, CameraSkew, Skew, Track

Instants = NDArray[np.int64]


def between(cameras: Sequence[CameraAudit]) -> Skew:
    """Compare all cameras that have frames with the first of them. The cameras need their tracks."""
    seen = [(each, each.track) for each in cameras if each.track is not None and len(each.track.instant_ns)]
    if len(seen) < 2:
        return Skew(seen[0][0].instance if seen else None)
    (first, reference), *others = seen
    zero = min(int(track.instant_ns.min()) for _, track in seen)
    compared = tuple(_compare(camera, track, first, reference, zero) for camera, track in others)
    start, start_uncertainty = _start([track for _, track in seen])
    return Skew(
        first.instance, start, start_uncertainty, _end([track for _, track in seen]),
        max((each.median_ms for each in compared if each.median_ms is not None), key=abs, default=None),
        _largest([each.p99_ms for each in compared]),
        _largest([each.worst_ms for each in compared]),
        _largest([each.uncertainty_ms for each in compared], every=True),
        compared,
    )  # fmt: skip


def _compare(camera: CameraAudit, track: Track, first: CameraAudit, reference: Track, zero: int) -> CameraSkew:
    half = round(5e8 / (first.framerate or camera.framerate or 30))
    mine, theirs = _partners(track.instant_ns, reference.instant_ns, half)
    unmatched = len(track.instant_ns) + len(reference.instant_ns) - 2 * len(mine)
    if not len(mine):
        return CameraSkew(camera.instance, 0, unmatched)
    skew = (track.instant_ns[mine] - reference.instant_ns[theirs]) / 1e6
    size = np.abs(skew)
    sure = (track.uncertainty_ns[mine] + reference.uncertainty_ns[theirs]).max() / 1e6
    return CameraSkew(
        camera.instance, len(mine), unmatched, float(np.median(skew)), float(np.percentile(size, 99)),
        float(size.max()), float(sure) if track.known and reference.known else None,
        curve((track.instant_ns[mine] - zero) / 1e9, skew),
    )  # fmt: skip


def _partners(one: Instants, two: Instants, half_ns: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of frames that are each other's nearest, and no further apart than half a period."""
    order, other = np.argsort(one, kind="stable"), np.argsort(two, kind="stable")
    forth, back = _nearest(one[order], two[other]), _nearest(two[other], one[order])
    mutual = np.flatnonzero(back[forth] == np.arange(len(one)))
    close = np.abs(one[order][mutual] - two[other][forth[mutual]]) <= half_ns
    return order[mutual[close]], other[forth[mutual[close]]]


def _nearest(one: Instants, two: Instants) -> NDArray[np.intp]:
    """Return for each instant the place of the nearest in the other, sorted, array."""
    right = np.clip(np.searchsorted(two, one), 0, len(two) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(one - two[left]) <= np.abs(two[right] - one), left, right)


def _start(tracks: Sequence[Track]) -> tuple[float, float | None]:
    firsts = [(int(track.instant_ns[0]), int(track.uncertainty_ns[0])) for track in tracks]
    early, late = min(firsts), max(firsts)
    sure = (early[1] + late[1]) / 1e6 if all(track.known for track in tracks) else None
    return (late[0] - early[0]) / 1e6, sure


def _end(tracks: Sequence[Track]) -> float:
    lasts = [int(track.instant_ns[-1]) for track in tracks]
    return (max(lasts) - min(lasts)) / 1e6


def _largest(values: Sequence[float | None], *, every: bool = False) -> float | None:
    """Return the largest value; None where there is none, or, with `every`, where one is not known."""
    known = [each for each in values if each is not None]
    return None if not known or (every and len(known) < len(values)) else max(known)
