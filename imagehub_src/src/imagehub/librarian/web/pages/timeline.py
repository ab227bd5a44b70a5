"""A day across all cameras: when there were images and events."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian.queries import timeline as density
from imagehub.librarian.web import times
from imagehub.librarian.web.visit import Viewer, Visit

router = APIRouter()
# Ten minutes each, on a day that has 24 hours.
BUCKETS = 144


@router.get("/timeline")
def timeline(visit: Viewer, day: str = "") -> Response:
    """Show how many images and events each camera had in each part of the day; each part leads to its images."""
    today = times.local(times.now_us(), visit.zone).strftime("%Y-%m-%d")
    try:
        start, end = times.day_span(day or today, visit.zone)
    except ValueError:
        day, (start, end) = today, times.day_span(today, visit.zone)
    with visit.site.reading() as connection:
        lanes = density.timeline(connection, visit.sight, start, end, BUCKETS)
    shown = [lane for lane in lanes if any(lane.images) or any(lane.events)]
    return visit.page(
        "timeline.html",
        day=day or today,
        today=today,
        before=_beside(day or today, -1),
        after=_beside(day or today, 1),
        lanes=shown,
        most=max((max(lane.images) for lane in shown), default=0) or 1,
        clocks=_clocks(visit, start, end),
    )


def _beside(day: str, days: int) -> str:
    return (datetime.strptime(day, "%Y-%m-%d") + timedelta(days=days)).strftime("%Y-%m-%d")  # noqa: DTZ007


def _clocks(visit: Visit, start: int, end: int) -> list[str]:
    """Return the time of day at which each part begins, and that at which the last one ends."""
    edges = [start + (end - start) * part // BUCKETS for part in range(BUCKETS)]
    return [times.local(edge, visit.zone).strftime("%H:%M") for edge in edges] + ["23:59"]
