"""Why a session does not pass, as sentences that name the camera, the frame and the figure."""

from collections.abc import Iterator, Sequence

from imagehub.colony.synchrony import intervals, tables
from imagehub.colony.synchrony.figures import CameraAudit, ClockAudit, Limits, Skew
from imagehub.colony.synchrony.intervals import Account, Gap
from imagehub.terminal import units

SHOWN = 5


def contradictions(camera: CameraAudit, rows: tables.Frames) -> tuple[str, ...]:
    """Return where a camera's files don't agree with each other, or with themselves."""
    return tuple(_contradictions(camera, rows))


def reasons(cameras: Sequence[CameraAudit], skew: Skew, limits: Limits) -> tuple[str, ...]:
    """Return all that speaks against a session; none where it passes."""
    if not cameras:
        return ("no camera recorded anything",)
    of_cameras = [f"{each.instance}: {text}" for each in cameras for text in _of_camera(each, limits)]
    twice = sorted({each.instance for each in cameras if [c.instance for c in cameras].count(each.instance) > 1})
    of_names = [f"{name}: two recordings have this name" for name in twice]
    return (*of_cameras, *of_names, *_of_session(cameras, skew, limits))


def _contradictions(camera: CameraAudit, rows: tables.Frames) -> Iterator[str]:
    if not camera.frames and not rows.findings:
        yield "no frame was recorded"
    counts = (("frame", "in the video", camera.video), ("frame", "in the MP4", camera.mp4))
    for noun, where, count in (*counts, ("row", "of TTL out", camera.ttl_rows)):
        if count is not None and count != camera.frames:
            in_table = units.counted(camera.frames, "row")
            yield f"{units.counted(count, noun)} {where}, but {in_table} in the table of frames"
    for row, by_ns in intervals.clock_jumps(rows.sensor_ns, rows.wall_ns):
        yield f"the machine's clock was set by {by_ns / 1e6:+.1f} ms at row {row}"


def _of_camera(camera: CameraAudit, limits: Limits) -> Iterator[str]:
    yield from camera.findings
    yield from _losses(camera, limits)
    yield from _extras(camera, limits)
    yield from _pace(camera, limits)
    yield from _clock(camera, limits)


def _losses(camera: CameraAudit, limits: Limits) -> Iterator[str]:
    numbers, instants = camera.by_numbers, camera.by_intervals
    if camera.dropped <= limits.dropped:
        return
    if numbers.gaps:
        agree = "the intervals agree" if _same(numbers, instants) else f"the intervals tell {instants.dropped}"
        yield f"{_dropped(numbers)} by the sensor's numbers: {_gaps(numbers.gaps)}; {agree}"
    if instants.dropped > limits.dropped and not _same(numbers, instants):
        told = f"the sensor's numbers tell {numbers.dropped}"
        yield f"{_dropped(instants)} by the intervals: {_gaps(instants.gaps)}; {told}"


def _dropped(account: Account) -> str:
    return f"{units.counted(account.dropped, 'frame')} dropped"


def _same(one: Account, two: Account) -> bool:
    return [(gap.row, gap.count) for gap in one.gaps] == [(gap.row, gap.count) for gap in two.gaps]


def _gaps(gaps: Sequence[Gap]) -> str:
    texts = [f"{gap.count} after row {gap.row}" + _numbers(gap) for gap in gaps[:SHOWN]]
    return ", ".join(texts) + _more(len(gaps))


def _numbers(gap: Gap) -> str:
    if gap.number < 0:
        return ""
    return f" (number {gap.number}{f' to {gap.number + gap.count - 1}' if gap.count > 1 else ''})"


def _more(count: int) -> str:
    return f" and {units.counted(count - SHOWN, 'more place')}" if count > SHOWN else ""


def _extras(camera: CameraAudit, limits: Limits) -> Iterator[str]:
    for word, allowed in (("doubled", limits.doubled), ("disordered", limits.disordered)):
        rows = sorted({*getattr(camera.by_numbers, word), *getattr(camera.by_intervals, word)})
        if len(rows) > allowed:
            text = {"doubled": "doubled", "disordered": "out of order"}[word]
            listed = ", ".join(map(str, rows[:SHOWN])) + _more(len(rows))
            yield f"{units.counted(len(rows), 'frame')} {text}: row {listed}"


def _pace(camera: CameraAudit, limits: Limits) -> Iterator[str]:
    if camera.framerate is None:
        yield "its framerate is not known, so the intervals can't be judged"
    elif camera.rate is not None and limits.rate_percent is not None:
        off = 100 * (camera.rate / camera.framerate - 1)
        if abs(off) > limits.rate_percent:
            yield f"ran at {camera.rate:.3f} frames/s, {off:+.2f} % off the {camera.framerate:g} that were asked for"


def _clock(camera: CameraAudit, limits: Limits) -> Iterator[str]:
    clock = camera.clock or ClockAudit(camera.instance)
    if clock.offset_ms is None:
        yield "its clock was never compared with the conductor's, so its frames can't be placed in time"
    for by_ms in clock.steps_ms:
        yield f"its clock jumped by {by_ms:+.3f} ms between two comparisons"
    yield from _clock_limits(clock, limits)


def _clock_limits(clock: ClockAudit, limits: Limits) -> Iterator[str]:
    if _beyond(clock.uncertainty_ms, limits.clock_uncertainty_ms):
        yield f"its clock is known to {_ms(clock.uncertainty_ms)} only; allowed are {limits.clock_uncertainty_ms:g} ms"
    if _beyond(clock.offset_ms, limits.clock_offset_ms):
        yield f"its clock is {_ms(clock.offset_ms)} off the conductor's; allowed are {limits.clock_offset_ms:g} ms"
    if _beyond(clock.drift_ppm, limits.drift_ppm):
        yield f"its clock drifts by {clock.drift_ppm:+.2f} ppm; allowed are {limits.drift_ppm:g} ppm"


def _beyond(value: float | None, limit: float | None) -> bool:
    return value is not None and limit is not None and abs(value) > limit


def _of_session(cameras: Sequence[CameraAudit], skew: Skew, limits: Limits) -> Iterator[str]:
    allowed = limits.skew_ms if limits.skew_ms is not None else 500 / (_fastest(cameras) or 30)
    for each in skew.cameras:
        if each.p99_ms is None:
            yield f"{each.instance}: no frame is within half a period of one of {skew.reference}"
        elif each.p99_ms + (each.uncertainty_ms or 0) > allowed:
            figure = f"{each.p99_ms:.3f} ms (p99), sure to {_ms(each.uncertainty_ms)}"
            yield f"{each.instance}: its frames are {figure}, from those of {skew.reference}; allowed: {allowed:.3f} ms"
    start = limits.start_skew_ms
    if skew.start_ms is not None and _beyond(skew.start_ms + (skew.start_uncertainty_ms or 0), start):
        figure = f"{skew.start_ms:.3f} ms, sure to {_ms(skew.start_uncertainty_ms)}"
        yield f"the first frames are {figure}, apart; allowed are {start:g} ms"
    if _beyond(skew.end_ms, limits.end_skew_ms):
        yield f"the last frames are {_ms(skew.end_ms)} apart; allowed are {limits.end_skew_ms:g} ms"


def _fastest(cameras: Sequence[CameraAudit]) -> float | None:
    return max((each.framerate for each in cameras if each.framerate), default=None)


def _ms(value: float | None) -> str:
    return "an unknown amount" if value is None else f"{value:.3f} ms"
