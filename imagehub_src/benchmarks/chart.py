"""The curve as a picture: senders against images a second, one line for each image size and durability (SVG)."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 420, 70, 50, 190, 50
COLOURS = ("#1b6ca8", "#d1495b", "#2e933c", "#8f5db7", "#c77d0a", "#4f5d75")


class Point(NamedTuple):
    """One measurement of the curve."""

    senders: int
    size: int
    durability: str
    rate: float
    p50: float
    p99: float
    cpu_milliseconds: float


def write_chart(points: Sequence[Point], path: Path) -> None:
    """Draw the points into an SVG file."""
    senders = sorted({point.senders for point in points})
    top = max(point.rate for point in points) * 1.1
    lines = [(size, durability) for size in sorted({p.size for p in points}) for durability in ("synced", "written")]
    parts = [_frame(senders, top)]
    for number, (size, durability) in enumerate(lines):
        curve = [p for p in points if (p.size, p.durability) == (size, durability)]
        parts.append(_curve(curve, senders, top, number))
    path.write_text(_document("\n".join(parts)), encoding="utf-8")


def _document(body: str) -> str:
    style = "text{font:13px system-ui,sans-serif;fill:#333}.grid{stroke:#ddd}.title{font-size:16px;font-weight:600}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<style>{style}</style><rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _x(index: int, count: int) -> float:
    return LEFT + index * (WIDTH - LEFT - RIGHT) / max(1, count - 1)


def _y(rate: float, top: float) -> float:
    return HEIGHT - BOTTOM - rate / top * (HEIGHT - TOP - BOTTOM)


def _frame(senders: Sequence[int], top: float) -> str:
    parts = [f'<text class="title" x="{LEFT}" y="26">Images acknowledged a second</text>']
    step = 10 ** (len(str(int(top))) - 1)
    for rate in range(0, int(top) + 1, step):
        y = _y(rate, top)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{rate:,}</text>')
    for index, count in enumerate(senders):
        x = _x(index, len(senders))
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{count}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">senders</text>')
    return "\n".join(parts)


def _curve(curve: Sequence[Point], senders: Sequence[int], top: float, number: int) -> str:
    colour = COLOURS[number % len(COLOURS)]
    dash = ' stroke-dasharray="5 4"' if curve[0].durability == "written" else ""
    where = [(_x(senders.index(p.senders), len(senders)), _y(p.rate, top)) for p in curve]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in where)
    label = f"{curve[0].size / 1000:g} kB, {curve[0].durability}"
    key = TOP + 10 + number * 20
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        f'<line x1="{WIDTH - RIGHT + 20}" x2="{WIDTH - RIGHT + 44}" y1="{key}" y2="{key}" stroke="{colour}" '
        f'stroke-width="2"{dash}/><text x="{WIDTH - RIGHT + 50}" y="{key + 4}">{label}</text>'
    )
