"""Licence plates: how often each is seen, whose it is, and where it was."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from imagehub.librarian.queries import findings, frequency
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.queries.frequency import DAY_US, HOUR_US, WHICH, Plate
from imagehub.librarian.vision.plates import known
from imagehub.librarian.web import times
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.visit import SENT_BY_US, Administrator, Viewer, Visit

router = APIRouter(prefix="/plates")
Text = Annotated[str, Form()]
Tick = Annotated[bool, Form()]
KEPT = ("text", "region", "owner", "vehicle", "color", "note", "identified")
PAGE, PICTURES = 60, 12
SPANS = {"week": 7, "month": 30, "year": 365, "ever": None}


@router.get("")
def plates_page(visit: Viewer, text: str = "", which: str = "", span: str = "ever", cursor: str = "") -> Response:
    """Show the plates, those that are seen most often first."""
    return _list(visit, text.strip(), which, span, cursor)


def _list(
    visit: Visit, text: str = "", which: str = "", span: str = "ever", cursor: str = "", fault: str = ""
) -> Response:
    which, span = which if which in WHICH else "", span if span in SPANS else "ever"
    days = SPANS[span]
    since = None if days is None else times.now_us() - days * DAY_US
    with visit.site.reading() as connection:
        found = frequency.table(connection, visit.sight, text, which, since, cursor or None, PAGE)
    return visit.page(
        "plates.html",
        400 if fault else 200,
        found=found,
        text=text,
        which=which,
        filters=WHICH,
        span=span,
        spans=tuple(SPANS),
        fault=fault,
    )


@router.post("", dependencies=[SENT_BY_US])
def add(visit: Administrator, text: Text = "", region: Text = "", owner: Text = "", watched: Tick = False) -> Response:
    """Add a plate that was not read yet, such as one to watch for."""
    said: dict[str, str | bool] = {"owner": owner, "watched": watched, "identified": bool(owner.strip())}
    try:
        with visit.site.writing() as connection:
            number = known.add(connection, visit.someone.actor, text=text, region=region, **said)
    except ValueFault as fault:
        return _list(visit, fault=str(fault))
    return visit.go(f"/plates/{number}")


@router.get("/{number}")
def plate_page(visit: Viewer, number: Number, cursor: str = "") -> Response:
    """Show a plate with its pictures, and when it comes."""
    return _show(visit, _plate(visit, number), cursor)


def _show(
    visit: Visit, plate: Plate, cursor: str = "", given: Mapping[str, Any] | None = None, fault: str = ""
) -> Response:
    with visit.site.reading() as connection:
        found = findings.sightings_of(connection, visit.sight, plate.id, cursor or None, PICTURES)
        hours = frequency.hours(connection, visit.sight, plate.id)
        aliases = frequency.aliases(connection, plate.id)
    clock: Counter[int] = Counter()
    for hour, count in hours.items():
        clock[times.local(hour * HOUR_US, visit.zone).hour] += count
    return visit.page(
        "plate.html",
        400 if fault else 200,
        plate=plate,
        shown=given or {name: getattr(plate, name) for name in Plate.__slots__},
        aliases=aliases,
        found=found,
        clock=[clock[hour] for hour in range(24)],
        fault=fault,
    )


@router.post("/{number}", dependencies=[SENT_BY_US])
def change(  # noqa: PLR0913, PLR0917  (each is a field of the form)
    visit: Administrator,
    number: Number,
    text: Text = "",
    region: Text = "",
    owner: Text = "",
    vehicle: Text = "",
    color: Text = "",
    note: Text = "",
    identified: Tick = False,
    watched: Tick = False,
) -> Response:
    """Change what users know of a plate; a box that is not ticked is not sent."""
    plate = _plate(visit, number)
    given: dict[str, str | bool] = {
        "text": text,
        "region": region,
        "owner": owner,
        "vehicle": vehicle,
        "color": color,
        "note": note,
        "identified": identified,
        "watched": watched,
    }
    try:
        with visit.site.writing() as connection:
            known.change(connection, visit.someone.actor, number, **given)
    except ValueFault as fault:
        return _show(visit, plate, given=given, fault=str(fault))
    return visit.go(f"/plates/{number}")


@router.post("/{number}/watch", dependencies=[SENT_BY_US])
def watch(visit: Administrator, number: Number, watched: Annotated[bool, Form()]) -> Response:
    """Put a plate on the watch list, or take it off."""
    _plate(visit, number)
    with visit.site.writing() as connection:
        known.change(connection, visit.someone.actor, number, watched=watched)
    return visit.go(f"/plates/{number}")


@router.post("/{number}/same", dependencies=[SENT_BY_US])
def same(visit: Administrator, number: Number, into: Text = "") -> Response:
    """Show two plates side by side before they are made one."""
    plate = _plate(visit, number)
    with visit.site.reading() as connection:
        other = frequency.named(connection, visit.sight, into)
        if other is None or other == number:
            return _show(visit, plate, fault=f"There is no other plate {into.strip().upper()}.")
        both = [
            (one, findings.sightings_of(connection, visit.sight, one.id, None, 3).items)
            for one in (plate, frequency.plate(connection, visit.sight, other))
            if one is not None
        ]
    return visit.page("plates_same.html", both=both)


@router.post("/{number}/merge", dependencies=[SENT_BY_US])
def merge(visit: Administrator, number: Number, into: Annotated[Number, Form()]) -> Response:
    """Make a plate a reading of another one."""
    plate = _plate(visit, number)
    _plate(visit, into)
    try:
        with visit.site.writing() as connection:
            known.merge(connection, visit.someone.actor, number, into)
    except ValueFault as fault:
        return _show(visit, plate, fault=str(fault))
    return visit.go(f"/plates/{into}")


@router.post("/{number}/remove", dependencies=[SENT_BY_US])
def remove(visit: Administrator, number: Number) -> Response:
    """Forget a plate with its sightings."""
    _plate(visit, number)
    with visit.site.writing() as connection:
        known.remove(connection, visit.someone.actor, number)
    return visit.go("/plates")


def _plate(visit: Visit, number: int) -> Plate:
    with visit.site.reading() as connection:
        found = frequency.plate(connection, visit.sight, number)
    if found is None:
        raise HTTPException(404)
    return found
