"""The report as a picture (SVG): intervals with what was lost, skew over time, clocks with uncertainty."""

from collections.abc import Iterable, Sequence
from html import escape

from imagehub.colony.synchrony.figures import CameraAudit, ClockAudit, ClockPoint, Point, SessionAudit
from imagehub.terminal import units

WIDTH, LEFT, RIGHT, LANE, TALL, GAP, HEAD = 960, 180, 34, 46, 150, 44, 62
COLOURS = ("#1b6ca8", "#2e933c", "#8f5db7", "#c77d0a", "#0f8b8d", "#a44a3f", "#5f7f2f", "#7d5ba6")
STYLE = """
svg{background:#fff}text{font:13px system-ui,sans-serif;fill:#222}.small{font-size:11px;fill:#666}
.title{font-size:17px;font-weight:600}.grid{stroke:#ddd}.bad{stroke:#c1272d;fill:#c1272d}.twice{stroke:#c77d0a;fill:#c77d0a}
.verdict-failed{fill:#c1272d}.verdict-passed{fill:#1e7b34}
@media (prefers-color-scheme:dark){svg{background:#16181c}text{fill:#e8e8e8}.small{fill:#a8a8a8}.grid{stroke:#3a3d44}
.bad{stroke:#ff6b6b;fill:#ff6b6b}.twice{stroke:#ffb454;fill:#ffb454}.verdict-failed{fill:#ff6b6b}.verdict-passed{fill:#6fdc8c}}
"""


def draw(found: SessionAudit) -> str:
    """Return the whole picture as an SVG document."""
    end = max((point.second for camera in found.cameras for point in camera.intervals_ms), default=1.0) or 1.0
    parts, y = [_head(found)], HEAD
    parts.append(_title("Interval between frames; red: dropped, orange: doubled", y))
    for number, camera in enumerate(found.cameras):
        parts.append(_lane(camera, y + 12 + number * LANE, end, COLOURS[number % len(COLOURS)]))
    y += 12 + len(found.cameras) * LANE
    parts.append(_axis(y, end))
    parts.append(_skew(found, y + GAP, end))
    parts.append(_clocks(found.clocks, y + 2 * GAP + TALL, end))
    return _document("\n".join(parts), y + 3 * GAP + 2 * TALL - 10)


def _document(body: str, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f"<style>{STYLE}</style>\n{body}\n</svg>\n"
    )


def _head(found: SessionAudit) -> str:
    word = "passed" if found.passed else "failed"
    reasons = f", {units.counted(len(found.reasons), 'reason')}" if found.reasons else ""
    text = f"Audit {word}: {escape(found.name)}{reasons}"
    return f'<text class="title verdict-{word}" x="{LEFT}" y="28">{text}</text>'


def _title(text: str, y: float) -> str:
    return f'<text x="{LEFT}" y="{y:.0f}">{escape(text)}</text>'


def _x(second: float, end: float) -> float:
    return LEFT + min(max(second / end, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)


def _lane(camera: CameraAudit, top: int, end: float, colour: str) -> str:
    points, low = camera.intervals_ms, top + LANE - 8
    middle = sorted(point.middle for point in points)[len(points) // 2] if points else 1.0
    scale = (LANE - 12) / (3 * middle) if middle > 0 else 0.0
    shown = f"{units.counted(camera.frames, 'frame')}, {camera.dropped} dropped"
    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{low}" y2="{low}"/>',
        f'<text x="{LEFT - 8}" y="{top + 18}" text-anchor="end">{escape(camera.instance[:18])}</text>',
        f'<text class="small" x="{LEFT - 8}" y="{top + 32}" text-anchor="end">{shown}</text>',
        _band(points, end, low, scale, colour),
    ]
    return "\n".join([*parts, *_marks(camera, end, top + 4, low)])


def _band(points: Sequence[Point], end: float, low: float, scale: float, colour: str) -> str:
    """Return a band from the least to the largest value of each stretch, cut off at three times the middle one."""
    if not points:
        return ""
    upper = [f"{_x(p.second, end):.1f},{low - min(p.largest * scale, LANE - 12):.1f}" for p in points]
    lower = [f"{_x(p.second, end):.1f},{low - min(max(p.least, 0) * scale, LANE - 12):.1f}" for p in reversed(points)]
    return f'<polygon points="{" ".join(upper + lower)}" fill="{colour}" fill-opacity=".45" stroke="{colour}"/>'


def _marks(camera: CameraAudit, end: float, top: float, low: float) -> Iterable[str]:
    gaps = camera.by_numbers.gaps or camera.by_intervals.gaps
    twice = sorted({*camera.by_numbers.doubled, *camera.by_intervals.doubled})
    for kind, rows in (("bad", [gap.row for gap in gaps]), ("twice", twice)):
        places = sorted({round(_x(_second(camera, row), end)) for row in rows})
        for x in places:
            yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top}" y2="{low}" stroke-width="1.5"/>'


def _second(camera: CameraAudit, row: int) -> float:
    """Return when a row was, from the stretches, which have equally many rows each."""
    points = camera.intervals_ms
    if not points:
        return 0.0
    place = min(row / max(camera.frames - 1, 1) * len(points), len(points) - 1)
    before, after = points[int(place)].second, points[min(int(place) + 1, len(points) - 1)].second
    return before + (place - int(place)) * (after - before)


def _axis(y: float, end: float) -> str:
    parts = []
    for quarter in range(5):
        x = LEFT + quarter / 4 * (WIDTH - LEFT - RIGHT)
        parts.append(
            f'<text class="small" x="{x:.0f}" y="{y + 12:.0f}" text-anchor="middle">{end * quarter / 4:.3g} s</text>'
        )
    return "\n".join(parts)


def _skew(found: SessionAudit, top: float, end: float) -> str:
    cameras = found.skew.cameras
    title = f"Skew against {found.skew.reference}, ms" if cameras else "Skew: there are no two cameras to compare"
    curves = [each.curve for each in cameras]
    high = max((max(abs(p.least), abs(p.largest)) for curve in curves for p in curve), default=0.0) * 1.1 or 1.0
    parts = [_title(title, top), _scale(top + 8, high)]
    order = [each.instance for each in found.cameras]
    for camera, curve in zip(cameras, curves, strict=True):
        colour = COLOURS[order.index(camera.instance) % len(COLOURS)]
        where = " ".join(f"{_x(p.second, end):.1f},{_y(p.middle, top + 8, high):.1f}" for p in curve)
        parts.append(f'<polyline points="{where}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.extend(_whiskers([(p.second, p.least, p.largest) for p in curve], top + 8, high, end, colour))
    return "\n".join(parts)


def _clocks(clocks: Sequence[ClockAudit], top: float, end: float) -> str:
    """Draw each clock against its own middle offset: clocks may be seconds apart, and change by microseconds."""
    known = [(n, each, each.offset_ms) for n, each in enumerate(clocks) if each.offset_ms is not None and each.curve]
    spans = [(number, _around(each.curve, middle)) for number, each, middle in known]
    high = max((max(abs(low), abs(up)) for _, span in spans for _, low, up in span), default=0.0) * 1.1 or 1.0
    title = "Clocks against the conductor's, ms from each one's middle offset; bars: uncertainty"
    parts = [_title(title if known else "Clocks were not compared", top), _scale(top + 8, high)]
    for number, span in spans:
        parts.extend(_whiskers(span, top + 8, high, end, COLOURS[number % len(COLOURS)]))
    return "\n".join(parts)


def _around(curve: Sequence[ClockPoint], middle: float) -> list[tuple[float, float, float]]:
    """Return (second, least, largest possible offset) of each point, as differences from the middle."""
    away = [(point, point.offset_ms - middle) for point in curve]
    return [(point.second, off - point.uncertainty_ms, off + point.uncertainty_ms) for point, off in away]


def _y(value: float, top: float, high: float) -> float:
    return top + TALL / 2 - value / high * TALL / 2


def _scale(top: float, high: float) -> str:
    parts = []
    for value in (high, 0.0, -high):
        y = _y(value, top, high)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="small" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:+.3g}</text>')
    return "\n".join(parts)


def _whiskers(
    spans: Iterable[tuple[float, float, float]], top: float, high: float, end: float, colour: str
) -> Iterable[str]:
    for second, low, up in spans:
        x = _x(second, end)
        y1, y2 = _y(low, top, high), _y(up, top, high)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-opacity=".6"/>'
