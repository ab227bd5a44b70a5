"""The report as a picture (SVG): intervals with what was lost, skew over time, clocks with uncertainty."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from imagehub.colony.synchrony.figures import CameraAudit, ClockAudit, ClockPoint, Point, SessionAudit
from imagehub.terminal import units

WIDTH, LEFT, RIGHT, LANE, TALL, GAP, HEAD = 960, 180, 84, 46, 130, 62, 62
LIGHT = ("#1b6ca8", "#2e933c", "#8f5db7", "#c77d0a", "#0f8b8d", "#a44a3f", "#5f7f2f", "#7d5ba6")
DARK = ("#62b0ea", "#6ccb78", "#c49ae8", "#f0b04d", "#55cfd0", "#ee9184", "#a9cc70", "#b8a0e6")
LONGEST_NAME = 18
APART = 5  # pixels between the bars of two cameras
HARDLY = 0.5  # pixels of a bar that nobody would see
STEPS = (1, 2, 5, 10)


def _colours(known: Sequence[str]) -> str:
    return "".join(f".c{number}{{color:{colour}}}" for number, colour in enumerate(known))


STYLE = f"""
svg{{background:#fff}}text{{font:13px system-ui,sans-serif;fill:#222}}.small{{font-size:11px;fill:#666}}
.name{{fill:currentColor;font-weight:600}}.curve{{stroke:currentColor}}.dot{{fill:currentColor}}
.title{{font-size:17px;font-weight:600}}.grid{{stroke:#ddd}}
.bad{{stroke:#c1272d;fill:#c1272d}}.twice{{stroke:#c77d0a;fill:#c77d0a}}
.verdict-failed{{fill:#c1272d}}.verdict-passed{{fill:#1e7b34}}{_colours(LIGHT)}
@media (prefers-color-scheme:dark){{svg{{background:#16181c}}text{{fill:#e8e8e8}}.small{{fill:#a8a8a8}}
.grid{{stroke:#3a3d44}}
.name{{fill:currentColor}}.bad{{stroke:#ff6b6b;fill:#ff6b6b}}.twice{{stroke:#ffb454;fill:#ffb454}}
.verdict-failed{{fill:#ff6b6b}}.verdict-passed{{fill:#6fdc8c}}{_colours(DARK)}}}
"""


def draw(found: SessionAudit) -> str:
    """Return the whole picture as an SVG document."""
    end = max((point.second for camera in found.cameras for point in camera.intervals_ms), default=1.0) or 1.0
    parts, y = [_head(found)], HEAD
    parts.append(_title("Interval between frames; red: dropped, orange: doubled", y))
    for number, camera in enumerate(found.cameras):
        parts.append(_lane(camera, y + 12 + number * LANE, end, number))
    y += 12 + len(found.cameras) * LANE
    parts.append(_axis(y, end))
    parts.append(_skew(found, y + GAP, end))
    parts.append(_clocks(found.clocks, y + 2 * GAP + TALL, end))
    return _document("\n".join(parts), y + 3 * GAP + 2 * TALL - 24)


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


def _colour(number: int) -> str:
    """Return the class that has a camera's colour."""
    return f"c{number % len(LIGHT)}"


def _x(second: float, end: float) -> float:
    return LEFT + min(max(second / end, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)


def _lane(camera: CameraAudit, top: int, end: float, number: int) -> str:
    points, low = camera.intervals_ms, top + LANE - 8
    middle = sorted(point.middle for point in points)[len(points) // 2] if points else 1.0
    scale = (LANE - 12) / (3 * middle) if middle > 0 else 0.0
    shown = f"{units.counted(camera.frames, 'frame')}, {camera.dropped} dropped"
    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{low}" y2="{low}"/>',
        f'<g class="{_colour(number)}">{_name(camera.instance, top + 18)}</g>',
        f'<text class="small" x="{LEFT - 8}" y="{top + 32}" text-anchor="end">{shown}</text>',
        f'<g class="{_colour(number)}">{_band(points, end, low, scale)}</g>',
    ]
    if points:
        y = low - (LANE - 12) / 3 + 4
        parts.append(f'<text class="small" x="{WIDTH - RIGHT + 8}" y="{y:.0f}">{middle:.4g} ms</text>')
    return "\n".join([*parts, *_marks(camera, end, top + 4, low)])


def _name(name: str, y: float) -> str:
    shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}\u2026"
    return f'<text class="name" x="{LEFT - 8}" y="{y:.0f}" text-anchor="end">{escape(shown)}</text>'


def _band(points: Sequence[Point], end: float, low: float, scale: float) -> str:
    """Return a band from the least to the largest value of each stretch, cut off at three times the middle one."""
    if not points:
        return ""
    upper = [f"{_x(p.second, end):.1f},{low - min(p.largest * scale, LANE - 12):.1f}" for p in points]
    lower = [f"{_x(p.second, end):.1f},{low - min(max(p.least, 0) * scale, LANE - 12):.1f}" for p in reversed(points)]
    shape = " ".join(upper + lower)
    return f'<polygon class="curve" points="{shape}" fill="currentColor" fill-opacity=".45" stroke-linejoin="round"/>'


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


def step(reach: float, most: int) -> float:
    """Return the least 1, 2 or 5 times a power of ten that divides `reach` into at most so many parts."""
    power = 10.0 ** math.floor(math.log10(reach / most))
    return power * next(times for times in STEPS if power * times * most >= reach * (1 - 1e-9))


def _axis(y: float, end: float) -> str:
    """Return the seconds below a part of the picture, at round places."""
    parts, every = [], step(end, 8)
    for number in range(math.floor(end / every + 0.02) + 1):
        x, shown = _x(number * every, end), f"{number * every:.6g}"
        parts.append(f'<text class="small" x="{x:.0f}" y="{y + 12:.0f}" text-anchor="middle">{shown} s</text>')
    return "\n".join(parts)


def _skew(found: SessionAudit, top: float, end: float) -> str:
    cameras = found.skew.cameras
    title = f"Skew against {found.skew.reference}, ms" if cameras else "Skew: there are no two cameras to compare"
    curves = [each.curve for each in cameras]
    high = _high(value for curve in curves for p in curve for value in (p.least, p.largest))
    parts = [_title(title, top), *_scale(top + 14, high)] if cameras else [_title(title, top)]
    order = [each.instance for each in found.cameras]
    for camera, curve in zip(cameras, curves, strict=True):
        where = " ".join(f"{_x(p.second, end):.1f},{_y(p.middle, top + 14, high):.1f}" for p in curve)
        spans = [(p.second, p.least, p.middle, p.largest) for p in curve]
        parts.append(f'<g class="{_colour(order.index(camera.instance))}">')
        parts.append(f'<polyline class="curve" points="{where}" fill="none" stroke-width="1.5"/>')
        parts.extend([*_bars(spans, top + 14, high, end), "</g>"])
    return "\n".join([*parts, _axis(top + 18 + TALL, end)] if cameras else parts)


def _clocks(clocks: Sequence[ClockAudit], top: float, end: float) -> str:
    """Draw each clock against its own middle offset: clocks may be seconds apart, and change by microseconds."""
    known = [(n, each, each.offset_ms) for n, each in enumerate(clocks) if each.offset_ms is not None and each.curve]
    if not known:
        return _title("Clocks were not compared", top)
    spans = [(number, _around(each.curve, middle)) for number, each, middle in known]
    high = _high(value for _, span in spans for _, low, _, up in span for value in (low, up))
    title = "Clocks against the conductor's, ms from each one's middle offset; bars: uncertainty"
    parts = [_title(title, top), *_scale(top + 14, high)]
    for place, (number, span) in enumerate(spans):
        # Side by side, for all are measured at the same instants.
        aside = (place - (len(spans) - 1) / 2) * APART
        parts.append(f'<g class="{_colour(number)}" transform="translate({aside:g} 0)">')
        parts.extend([*_bars(span, top + 14, high, end, 2.0), *_dots(span, top + 14, high, end), "</g>"])
    return "\n".join([*parts, _axis(top + 18 + TALL, end)])


Span = tuple[float, float, float, float]


def _around(curve: Sequence[ClockPoint], middle: float) -> list[Span]:
    """Return (second, least, measured, largest possible offset) of each point, as differences from the middle."""
    away = [(point, point.offset_ms - middle) for point in curve]
    return [(point.second, off - point.uncertainty_ms, off, off + point.uncertainty_ms) for point, off in away]


def _high(values: Iterable[float]) -> float:
    """Return how far a scale must reach to both sides of 0, in two equal steps of a round number."""
    reach = max((abs(value) for value in values), default=0.0)
    return 2 * step(reach, 2) if reach > 0 else 1.0


def _y(value: float, top: float, high: float) -> float:
    return top + TALL / 2 - value / high * TALL / 2


def _scale(top: float, high: float) -> Iterator[str]:
    for value in (high, high / 2, 0.0, -high / 2, -high):
        y = _y(value, top, high)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        shown = f"{value:+.3g}" if value else "0"
        yield f'<text class="small" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{shown}</text>'


def _bars(spans: Iterable[Span], top: float, high: float, end: float, wide: float = 1.0) -> Iterator[str]:
    for second, low, _, up in spans:
        x, y1, y2 = _x(second, end), _y(low, top, high), _y(up, top, high)
        if y1 - y2 < HARDLY:
            continue
        place = f'x1="{x:.1f}" x2="{x:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"'
        yield f'<line class="curve" {place} stroke-width="{wide:g}" stroke-opacity=".7"/>'


def _dots(spans: Iterable[Span], top: float, high: float, end: float) -> Iterator[str]:
    for second, _, middle, _ in spans:
        yield f'<circle class="dot" cx="{_x(second, end):.1f}" cy="{_y(middle, top, high):.1f}" r="3"/>'
