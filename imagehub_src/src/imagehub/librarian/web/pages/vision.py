"""Vision: what waits to be looked at, who looks, what could not be looked at, and by which models."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from imagehub.librarian.queries import work
from imagehub.librarian.queries.work import Minute
from imagehub.librarian.vision.plates import quota
from imagehub.librarian.vision.queue import jobs, rates
from imagehub.librarian.web import models, queue, times
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.pages.picture import image_of
from imagehub.librarian.web.visit import SENT_BY_US, Administrator

router = APIRouter()
PAGE = 50
# What workers did is kept for so long.
CHART_MINUTES = 60
PRIORITIES = {
    jobs.ASKED: "somebody waits",
    jobs.EVENT: "after an event",
    jobs.NO_EVENT: "without an event",
    jobs.AGAIN: "looked at again",
}


@router.get("/vision")
def vision_page(visit: Administrator, cursor: str = "") -> Response:
    """Show the queue, the workers, the models, and what was put aside."""
    now, settings = times.now_us(), visit.site.settings.vision
    with visit.site.reading() as connection:
        state = rates.state(connection, now)
        done = work.minutes(connection, jobs.OBJECTS, now // times.MINUTE_US - CHART_MINUTES)
        dead = work.dead_letters(connection, cursor or None, PAGE)
        used = quota.state(connection, times.local(now, None), settings.plate_api_monthly_calls)
    return visit.page(
        "vision.html",
        vision=settings,
        state=state,
        waiting=[(kind, PRIORITIES[level], count) for (kind, level), count in sorted(state.waiting.items())],
        chart=_chart(done, now),
        dead=dead,
        cursor=cursor,
        quota=used if settings.plate_engine == "platerecognizer" else None,
        models=models.installed(visit.site.settings),
        folder=models.folder(visit.site.settings),
    )


def _chart(done: list[Minute], now: int) -> list[dict[str, Any]]:
    """Return images a minute of the last hour; the minute that still runs is left out."""
    known = {one.minute: one.done for one in done}
    last = now // times.MINUTE_US
    moments = range(last - CHART_MINUTES, last)
    if not known:
        return []
    values = [known.get(minute, 0) for minute in moments]
    return [{"name": "images a minute", "times": [minute * 60 for minute in moments], "values": values}]


@router.post("/vision/dead/retry", dependencies=[SENT_BY_US])
def retry_all(visit: Administrator) -> Response:
    """Let all that was put aside be tried anew."""
    queue.retry_all(visit.site, visit.someone.actor)
    return visit.go("/vision")


@router.post("/vision/dead/{number}/retry", dependencies=[SENT_BY_US])
def retry(visit: Administrator, number: Number) -> Response:
    """Let one job be tried anew."""
    if not queue.retry(visit.site, visit.someone.actor, number):
        raise HTTPException(404)
    return visit.go("/vision")


@router.post("/vision/dead/{number}/discard", dependencies=[SENT_BY_US])
def discard(visit: Administrator, number: Number) -> Response:
    """Forget one job."""
    if not queue.discard(visit.site, visit.someone.actor, number):
        raise HTTPException(404)
    return visit.go("/vision")


@router.post("/images/{number}/look-again", dependencies=[SENT_BY_US])
def look_again(visit: Administrator, number: Number) -> Response:
    """Have an image looked at anew, before all others."""
    with visit.site.reading() as connection:
        image = image_of(visit, connection, number)
    queue.look_again(visit.site, visit.someone.actor, image)
    return visit.go(f"/images/{number}?asked=on")
