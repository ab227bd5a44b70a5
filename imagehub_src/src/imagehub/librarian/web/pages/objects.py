"""Objects: what was seen, how often, when and where."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian.queries import cameras, findings, seen
from imagehub.librarian.queries.seen import Lane
from imagehub.librarian.web import times
from imagehub.librarian.web.numbers import chosen
from imagehub.librarian.web.visit import Viewer, Visit

router = APIRouter()
PAGE = 24
HOUR_US = 3_600_000_000
# Hours of each part of the chart, and how many parts there are.
SPANS = {"day": (1, 24), "week": (6, 28), "month": (24, 30)}
# More lines can't be told apart.
LINES = 8


@router.get("/objects")
def objects_page(visit: Viewer, label: str = "", camera: str = "", span: str = "day", cursor: str = "") -> Response:
    """Show how often each label was seen lately, by time and by camera, and what was seen last."""
    span, wanted, labels = span if span in SPANS else "day", chosen(camera), (label,) if label else ()
    start, end, parts = _parts(visit, span)
    with visit.site.reading() as connection:
        known = findings.objects(connection, visit.sight)
        lanes = seen.counts(connection, visit.sight, labels, wanted, start, end, parts)
        tracks = seen.search(connection, visit.sight, labels, wanted, None, None, cursor or None, PAGE)
        named = cameras.names(connection, visit.sight)
    width = (end - start) // parts
    return visit.page(
        "objects.html",
        objects=sorted((one for one in known if one.last_us is not None), key=lambda one: (-one.seen_month, one.label)),
        chart=_lines(lanes, bool(label), [(start + part * width) / 1e6 for part in range(parts)]),
        table=_table(lanes),
        found=tracks,
        cameras=named,
        label=label,
        camera=wanted,
        span=span,
        spans=tuple(SPANS),
        cursor=cursor,
    )


def _parts(visit: Visit, span: str) -> tuple[int, int, int]:
    """Return begin, end and number of the chart's parts, which begin at full hours of the viewer's day."""
    hours, parts = SPANS[span]
    now = times.now_us()
    _, midnight = times.day_span(times.local(now, visit.zone).strftime("%Y-%m-%d"), visit.zone)
    end = midnight - (midnight - now) // HOUR_US * HOUR_US if hours == 1 else midnight
    return end - parts * hours * HOUR_US, end, parts


def _lines(lanes: Iterable[Lane], by_camera: bool, moments: list[float]) -> list[dict[str, Any]]:
    """Return a line for each label, or for each camera, of those that were seen most."""
    sums: dict[str, list[int]] = {}
    for lane in lanes:
        name = lane.camera if by_camera else lane.label
        sums[name] = [a + b for a, b in zip(sums.get(name, [0] * len(moments)), lane.seen, strict=True)]
    most = sorted((name for name in sums if any(sums[name])), key=lambda name: -sum(sums[name]))[:LINES]
    return [{"name": name, "times": moments, "values": sums[name]} for name in most]


def _table(lanes: Iterable[Lane]) -> dict[str, Any]:
    """Return how often each label was seen at each camera; the labels that were seen most come first."""
    counts = {(lane.camera_id, lane.label): sum(lane.seen) for lane in lanes}
    by_label: Counter[str] = Counter()
    for (_, label), count in counts.items():
        by_label[label] += count
    labels = [label for label, count in by_label.most_common() if count]
    return {"labels": labels, "counts": counts, "cameras": {lane.camera_id: lane.camera for lane in lanes}}
