"""What an audit says, as values: of each camera, of their clocks, of how far apart they were, and the verdict.

All of them go to JSON and back (`documents`); the field names are the report's keys. None is "not known".
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imagehub.colony.synchrony.intervals import Account
from imagehub.colony.synchrony.sources import ClockState


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session must keep to. A limit of None is not applied, but for `skew_ms`: there it is half a period.

    `skew_ms` holds for the 99th percentile with its uncertainty. Beyond half a period nobody can say which frames
    belong together.
    """

    dropped: int = 0
    doubled: int = 0
    disordered: int = 0
    skew_ms: float | None = None
    start_skew_ms: float | None = 1000.0
    end_skew_ms: float | None = 1000.0
    clock_offset_ms: float | None = None
    clock_uncertainty_ms: float | None = None
    drift_ppm: float | None = None
    rate_percent: float | None = 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """A stretch of a recording, `second` after the session's first frame: the least, middle and largest value in it."""

    second: float
    least: float
    middle: float
    largest: float


@dataclass(frozen=True, slots=True)
class ClockPoint:
    """A measured offset, `second` after the session's first frame."""

    second: float
    offset_ms: float
    uncertainty_ms: float


@dataclass(frozen=True, slots=True)
class ClockAudit:
    """A camera's clock against the conductor's.

    `offset_ms` is the middle one during the recording and `uncertainty_ms` the largest; `drift_ppm` is true within
    `drift_uncertainty_ppm`. `steps_ms` are the jumps between two measurements. `state` is what keeps the clock.
    """

    instance: str
    offset_ms: float | None = None
    uncertainty_ms: float | None = None
    drift_ppm: float | None = None
    drift_uncertainty_ppm: float | None = None
    steps_ms: tuple[float, ...] = ()
    state: ClockState | None = None
    curve: tuple[ClockPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """When each frame was taken, by the conductor's clock where `known`, and by how much that may be wrong (ns)."""

    instant_ns: NDArray[np.int64]
    uncertainty_ns: NDArray[np.int64]
    known: bool


@dataclass(frozen=True, slots=True)
class CameraAudit:
    """What one camera's files tell. `frames` are the rows of its table of frames, the base of all that is compared.

    `video` and `mp4` are coded frames in the files, `ttl_rows` and `pulses_out` rows and pulses of the output table,
    `pulses_in` those that came in: None where there is no such file. `by_numbers` and `by_intervals` are two accounts
    that know nothing of each other; `dropped` is the larger count of the two, `doubled` counts the rows of both.
    `rate` is frames a second as the sensor took them; `jitter_p99_ms` the 99th percentile of an interval's error;
    `start_delay_ms` how long after the agreed instant the first frame was taken. `findings` are faults of the files,
    as sentences. `track` and `clock` are there while a session is audited; in the report the clocks stand by
    themselves.
    """

    instance: str
    framerate: float | None = None
    frames: int = 0
    video: int | None = None
    mp4: int | None = None
    ttl_rows: int | None = None
    pulses_out: int | None = None
    pulses_in: int | None = None
    dropped: int = 0
    doubled: int = 0
    by_numbers: Account = field(default_factory=Account)
    by_intervals: Account = field(default_factory=Account)
    rate: float | None = None
    jitter_p99_ms: float | None = None
    start_delay_ms: float | None = None
    start_uncertainty_ms: float | None = None
    findings: tuple[str, ...] = ()
    intervals_ms: tuple[Point, ...] = ()
    clock: ClockAudit | None = field(default=None, compare=False, repr=False, metadata={"document": False})
    track: Track | None = field(default=None, compare=False, repr=False, metadata={"document": False})


@dataclass(frozen=True, slots=True)
class CameraSkew:
    """How far a camera's frames are from those of the reference that are nearest to them, in milliseconds.

    `median_ms` is signed, positive where this camera is later; `p99_ms` and `worst_ms` are sizes, without
    `uncertainty_ms`, which is what both clocks together may be wrong by. `unmatched` frames of either camera have no
    partner of their own within half a period.
    """

    instance: str
    matched: int = 0
    unmatched: int = 0
    median_ms: float | None = None
    p99_ms: float | None = None
    worst_ms: float | None = None
    uncertainty_ms: float | None = None
    curve: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Skew:
    """How far apart the cameras were: the largest of each figure over all cameras but the reference.

    `start_ms` lies between the first of all first frames and the last, `end_ms` between the last frames. All are None
    for fewer than two cameras.
    """

    reference: str | None = None
    start_ms: float | None = None
    start_uncertainty_ms: float | None = None
    end_ms: float | None = None
    median_ms: float | None = None
    p99_ms: float | None = None
    worst_ms: float | None = None
    uncertainty_ms: float | None = None
    cameras: tuple[CameraSkew, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionAudit:
    """The verdict on a session: `passed` where there is no reason against it."""

    passed: bool
    reasons: tuple[str, ...]
    cameras: tuple[CameraAudit, ...]
    clocks: tuple[ClockAudit, ...]
    skew: Skew
    limits: Limits = field(default_factory=Limits)
    name: str = ""
