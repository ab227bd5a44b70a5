"""Images with filters, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.queries import cameras, events, findings, images
from imagehub.librarian.queries.filters import Filters
from imagehub.librarian.queries.paging import Found
from imagehub.librarian.web import times
from imagehub.librarian.web.numbers import chosen
from imagehub.librarian.web.visit import Viewer, Visit

router = APIRouter()
PAGE = 48
MINUTE_US = 60_000_000


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


def asked(
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
    numbers = [number for text in camera for number in chosen(text)]
    return Asked(numbers, day, since, until, event, object.strip(), plate.strip(), held)


@router.get("/gallery")
def gallery(visit: Viewer, wanted: Annotated[Asked, Depends(asked)], cursor: str = "") -> Response:
    """Show a page of images."""
    try:
        filters, fault = _filters(visit, wanted), ""
    except ValueError:
        filters, fault = Filters(), "The day is written as 2026-01-31, the hours as 06:30."
    with visit.site.reading() as connection:
        try:
            found = images.search(connection, visit.sight, filters, cursor or None, PAGE)
        except CatalogError as error:
            found, fault = Found([], None, None), str(error)
        known = cameras.cameras(connection, visit.sight)
        labels = findings.labels(connection)
    return visit.page(
        "gallery.html",
        wanted=wanted,
        found=found,
        cameras=known,
        events=events.KINDS,
        labels=labels,
        summary="" if fault else _summary(wanted, {one.id: one.name for one in known}),
        fault=fault,
        cursor=cursor,
    )


def _summary(wanted: Asked, named: Mapping[int, str]) -> str:
    """Say in words which images are shown, such as `Images with a dog, at Gate, from 22:00 to 06:00 of each night`."""
    parts = [f"with {wanted.object}"] if wanted.object else []
    parts += [f"with the plate {wanted.plate}"] if wanted.plate else []
    parts += (
        [f"at {' or '.join(named.get(number, 'another camera') for number in wanted.camera)}"] if wanted.camera else []
    )
    parts += [f"within a minute after {wanted.event}"] if wanted.event else []
    if wanted.since or wanted.until:
        past = bool(wanted.until) and wanted.until <= wanted.since
        of = f"on {wanted.day}" if wanted.day else f"of each {'night' if past else 'day'}"
        parts.append(f"from {wanted.since or '00:00'} to {wanted.until or '24:00'} {of}")
    elif wanted.day:
        parts.append(f"on {wanted.day}")
    parts += ["that are held"] if wanted.held else []
    return f"Images {', '.join(parts)}, newest first." if parts else ""


def _filters(visit: Visit, wanted: Asked) -> Filters:
    start, end, hours = None, None, None
    if wanted.day:
        start, end = times.day_span(wanted.day, visit.zone)
        start, end = _within(start, end, wanted)
    elif wanted.since or wanted.until:
        hours = (_minutes(wanted.since or "00:00") // 60, -(-_minutes(wanted.until or "24:00") // 60))
    return Filters(
        camera_ids=tuple(wanted.camera),
        start_us=start,
        end_us=end,
        hours=hours,
        zone=times.zone_name(visit.zone),
        event=wanted.event if wanted.event in events.KINDS else "",
        object=wanted.object,
        plate=wanted.plate,
        held=wanted.held,
    )


def _within(start: int, end: int, wanted: Asked) -> tuple[int, int]:
    """Return the part of a day between two times; one that is not later is meant on the day after."""
    since, until = _minutes(wanted.since or "00:00"), _minutes(wanted.until or "24:00")
    until += 24 * 60 if until <= since else 0
    return start + since * MINUTE_US, min(start + until * MINUTE_US, end + since * MINUTE_US)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    total = int(hours) * 60 + int(minutes or 0)
    if not 0 <= total <= 24 * 60:
        raise ValueError(clock)
    return total
