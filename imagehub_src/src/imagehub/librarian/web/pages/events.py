"""Events: the last ones of each camera, all of them as a list, and what was measured as a chart."""

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian.queries import cameras, events
from imagehub.librarian.web import times
from imagehub.librarian.web.numbers import chosen
from imagehub.librarian.web.visit import Viewer

router = APIRouter()
MEASURED = ("temperature", "humidity", "light")
SPANS = {"day": 1, "week": 7, "month": 31}
DAY_US = 86_400_000_000
PAGE = 100


@router.get("/events")
def events_page(visit: Viewer, camera: str = "", kind: str = "", cursor: str = "") -> Response:
    """Show the last event of each camera and kind, and all events with filters."""
    wanted = chosen(camera)
    kinds = (kind,) if kind in events.KINDS else ()
    with visit.site.reading() as connection:
        found = events.search(connection, visit.sight, wanted, kinds, None, None, cursor or None, PAGE)
        last = events.last_of_each(connection, visit.sight) if not (wanted or kinds or cursor) else []
        known = cameras.cameras(connection, visit.sight)
    return visit.page(
        "events.html",
        found=found,
        last=last,
        cameras=known,
        camera=wanted,
        kind=kind,
        kinds=events.KINDS,
        cursor=cursor,
    )


@router.get("/readings")
def readings_page(visit: Viewer, kind: str = "temperature", span: str = "day", camera: str = "") -> Response:
    """Show what was measured, as a chart and as a table."""
    kind, span = kind if kind in MEASURED else MEASURED[0], span if span in SPANS else "day"
    wanted = chosen(camera)
    now = times.now_us()
    with visit.site.reading() as connection:
        series = events.readings(connection, visit.sight, kind, wanted, now - SPANS[span] * DAY_US, now)
        known = cameras.cameras(connection, visit.sight)
    chart = [{"name": one.camera, "times": [at / 1e6 for at in one.times_us], "values": one.values} for one in series]
    return visit.page(
        "readings.html",
        series=series,
        chart=chart,
        cameras=known,
        camera=wanted,
        kind=kind,
        kinds=MEASURED,
        span=span,
        spans=tuple(SPANS),
    )
