"""The audit of a recording: what each camera's files tell, and what that says of the session."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagehub.colony.synchrony import intervals, judging, skew, tables, video
from imagehub.colony.synchrony.clocks import Offset, Tracker
from imagehub.colony.synchrony.curves import curve
from imagehub.colony.synchrony.figures import CameraAudit, ClockAudit, ClockPoint, Limits, SessionAudit, Track
from imagehub.colony.synchrony.sources import ClockState
from imagehub.terminal import units

__all__ = ["CameraAudit", "Limits", "SessionAudit", "camera", "session"]

NEEDED = {
    "video": "there is no video (video.h264)",
    "ttl.out": "there is no table of TTL pulses (timestamps.ttl.out.csv)",
}
FILE_NAME = re.compile(r"(?P<acquisition>.+)\.(?P<instance>[^.]+)\.(?P<time>\d{8}_\d{6})\.rcc\.(?P<kind>.+)")


@dataclass(frozen=True, slots=True)
class _Counts:
    """What was counted in the files, and what is wrong with them."""

    figures: dict[str, Any]
    findings: tuple[str, ...]


def camera(
    files: Mapping[str, Path], framerate: float | None, clock: Tracker | Offset | None = None, *,
    instance: str = "", start_ns: int | None = None, state: ClockState | None = None,
) -> CameraAudit:  # fmt: skip
    """Audit what one agent recorded, and raise nothing for what the files hold or lack.

    `files` are by the kinds of `Recording.files`: `frames`, `video` and `ttl.out` are needed; `mp4` and `ttl.in` are
    looked at where they are named. `framerate` is the nominal one, None where nobody knows it. `clock` is the agent's
    clock against the conductor's, `start_ns` the instant that was agreed for the first frame (conductor's clock).
    Raise MissingExtraError without PyAV.
    """
    name = instance or _instance(files)
    rows = tables.frames(files["frames"]) if "frames" in files else _no_frames()
    counts = _count(files)
    tracker = Tracker([clock]) if isinstance(clock, Offset) else clock
    track = _track(rows, tracker)
    found = CameraAudit(
        name, framerate, len(rows.number), **counts.figures, clock=_clock(name, tracker, track, state), track=track
    )
    found = _timed(found, rows, start_ns)
    return replace(found, findings=(*rows.findings, *counts.findings, *judging.contradictions(found, rows)))


def session(cameras: Sequence[CameraAudit], limits: Limits = Limits(), name: str = "") -> SessionAudit:  # noqa: B008
    """Compare the cameras, which need their tracks, and judge them by the limits. The first is the reference."""
    compared = skew.between(cameras)
    reasons = judging.reasons(cameras, compared, limits)
    clocks = tuple(each.clock or ClockAudit(each.instance) for each in cameras)
    return SessionAudit(not reasons, reasons, tuple(cameras), clocks, compared, limits, name)


def _instance(files: Mapping[str, Path]) -> str:
    names = (FILE_NAME.fullmatch(path.name) for path in files.values())
    return next((match["instance"] for match in names if match), "camera")


def _no_frames() -> tables.Frames:
    nothing = np.zeros(0, dtype=np.int64)
    return tables.Frames(nothing, nothing, nothing, ("there is no table of frames (timestamps.frames.csv)",))


def _count(files: Mapping[str, Path]) -> _Counts:
    figures: dict[str, Any] = {}
    findings = tuple(text for kind, text in NEEDED.items() if kind not in files)
    for kind in ("video", "mp4"):
        if kind in files:
            figures[kind], wrong = video.packets(files[kind])
            findings += (wrong,) if wrong else ()
    if "ttl.out" in files:
        pulses = tables.pulses_out(files["ttl.out"])
        figures |= {"ttl_rows": pulses.rows, "pulses_out": pulses.pulses}
        findings += pulses.findings
        if pulses.pulses and pulses.first_without is not None:
            without = units.counted(pulses.rows - pulses.pulses, "frame")
            findings += (f"{without} had no TTL pulse, the first in row {pulses.first_without}",)
    if "ttl.in" in files:
        figures["pulses_in"], wrong_in = tables.pulses_in(files["ttl.in"])
        findings += wrong_in
    return _Counts(figures, findings)


def _track(rows: tables.Frames, tracker: Tracker | None) -> Track:
    if tracker is None or not tracker.offsets:
        return Track(rows.wall_ns, np.zeros_like(rows.wall_ns), known=False)
    return Track(*tracker.to_reference(rows.wall_ns), known=True)


def _clock(name: str, tracker: Tracker | None, track: Track, state: ClockState | None) -> ClockAudit:
    if tracker is None or not tracker.offsets:
        return ClockAudit(name, state=state)
    at = track.instant_ns if len(track.instant_ns) else np.array([tracker.offsets[0].at_ns])
    readings = [tracker.offset_at(int(each)) for each in np.linspace(at.min(), at.max(), 50, dtype=np.int64)]
    drift = tracker.drift()
    return ClockAudit(
        name,
        float(np.median([each.offset_ns for each in readings])) / 1e6,
        max(int(track.uncertainty_ns.max(initial=0)), *(each.uncertainty_ns for each in readings)) / 1e6,
        drift.ppm if drift else tracker.offsets[-1].drift_ppm,
        drift.uncertainty_ppm if drift else tracker.offsets[-1].drift_uncertainty_ppm,
        tuple(step.by_ns / 1e6 for step in tracker.steps()),
        state,
        _offsets(tracker, int(at.min())),
    )


def _offsets(tracker: Tracker, zero: int) -> tuple[ClockPoint, ...]:
    """Return what was measured, at most some 300 of them."""
    shown = tracker.offsets[:: len(tracker.offsets) // 300 + 1]
    return tuple(ClockPoint((x.at_ns - zero) / 1e9, x.offset_ns / 1e6, x.uncertainty_ns / 1e6) for x in shown)


def _timed(found: CameraAudit, rows: tables.Frames, start_ns: int | None) -> CameraAudit:
    """Add what numbers and instants tell. Intervals are the sensor's own, which no setting of a clock disturbs."""
    numbers = intervals.by_numbers(rows.number)
    found = replace(found, by_numbers=numbers, rate=_rate(rows))
    if start_ns is not None:
        found = _started(found, start_ns)
    if not found.framerate:
        return replace(found, dropped=numbers.dropped, doubled=len(numbers.doubled))
    jitter = intervals.jitter_ns(rows.sensor_ns, found.framerate)
    instants = intervals.by_intervals(rows.sensor_ns, found.framerate)
    return replace(
        found,
        dropped=max(numbers.dropped, instants.dropped),
        doubled=len({*numbers.doubled, *instants.doubled}),
        by_intervals=instants,
        jitter_p99_ms=float(np.percentile(jitter, 99)) / 1e6 if len(jitter) else None,
        intervals_ms=curve(_seconds(rows.sensor_ns)[1:], np.diff(rows.sensor_ns) / 1e6),
    )


def _started(found: CameraAudit, start_ns: int) -> CameraAudit:
    track = found.track
    if track is None or not track.known or not found.frames:
        return found
    delay, sure = int(track.instant_ns[0]) - start_ns, int(track.uncertainty_ns[0])
    return replace(found, start_delay_ms=delay / 1e6, start_uncertainty_ms=sure / 1e6)


def _seconds(instant_ns: NDArray[np.int64]) -> NDArray[np.float64]:
    seconds: NDArray[np.float64] = (instant_ns - instant_ns[:1].sum()) / 1e9
    return seconds


def _rate(rows: tables.Frames) -> float | None:
    """Return the frames a second that the sensor took, those that were lost on the way included."""
    if len(rows.number) < 2:
        return None
    first, last = int(np.argmin(rows.number)), int(np.argmax(rows.number))
    seconds = (int(rows.sensor_ns[last]) - int(rows.sensor_ns[first])) / 1e9
    return int(rows.number[last] - rows.number[first]) / seconds if seconds > 0 else None
