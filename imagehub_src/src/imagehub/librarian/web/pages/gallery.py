"""Images with filters, newest first."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from imagehub.librarian.queries import cameras, images
from imagehub.librarian.queries.images import Filters
from imagehub.librarian.web import times
from imagehub.librarian.web.visit import Viewer, Visit

router = APIRouter()
PAGE = 48
EVENTS = ("motion", "light", "temperature", "humidity", "restart", "other")


@dataclass
class Asked:
    """The filters as they stand in the address: `camera` ids, `day`, hours `since` and `until`, what was seen."""

    camera: Annotated[list[int], Query()]
    day: str = ""
    since: str = ""
    until: str = ""
    event: str = ""
    object: str = ""
    plate: str = ""
    held: bool = False

    def address(self, **more: str) -> str:
        """Return the page's address with these filters."""
        given = {name: value for name, value in vars(self).items() if value and name != "camera"} | more
        pairs = [("camera", str(number)) for number in self.camera] + [
            (name, "on" if value is True else value) for name, value in given.items()
        ]
        return f"/gallery?{urlencode(pairs)}"


def asked(  # noqa: PLR0913, PLR0917  (each is a field of the form)
    camera: Annotated[list[str], Query()] = [],  # noqa: B006  (FastAPI copies it)
    day: str = "",
    since: str = "",
    until: str = "",
    event: str = "",
    object: str = "",  # noqa: A002
    plate: str = "",
    held: bool = False,
) -> Asked:
    """Read the form's fields; an empty one asks for nothing."""
    numbers = [int(number) for number in camera if number.isdecimal()]
    return Asked(numbers, day, since, until, event, object.strip(), plate.strip(), held)


@router.get("/gallery")
def gallery(visit: Viewer, wanted: Annotated[Asked, Depends(asked)], cursor: str = "") -> Response:
    """Show a page of images."""
    fault = ""
    filters = Filters()
    try:
        filters = _filters(visit, wanted)
    except ValueError:
        fault = "The day is written as 2026-01-31, the hours as 06:30."
    with visit.site.reading() as connection:
        found = images.search(connection, visit.sight, filters, cursor or None, PAGE)
        known = cameras.cameras(connection, visit.sight)
    return visit.page(
        "gallery.html", wanted=wanted, found=found, cameras=known, events=EVENTS, fault=fault, cursor=cursor
    )


def _filters(visit: Visit, wanted: Asked) -> Filters:
    start, end = times.day_span(wanted.day, visit.zone) if wanted.day else (None, None)
    hours = (_minutes(wanted.since or "00:00"), _minutes(wanted.until or "24:00")) if wanted.since or wanted.until else None
    return Filters(
        camera_ids=tuple(wanted.camera),
        start_us=start,
        end_us=end,
        hours=hours,
        zone=visit.zone.key if visit.zone else None,
        event=wanted.event if wanted.event in EVENTS else "",
        object=wanted.object,
        plate=wanted.plate,
        held=wanted.held,
    )


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    total = int(hours) * 60 + int(minutes or 0)
    if not 0 <= total <= 24 * 60:
        raise ValueError(clock)
    return total
