"""Licence plates: what is known of each, how often it was read, and where."""

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from imagehub.librarian.queries import findings, frequency
from imagehub.librarian.vision.plates import known
from imagehub.librarian.web.api.caller import Caller, Reader, Writer
from imagehub.librarian.web.api.findings import Finding, WantedFindings
from imagehub.librarian.web.api.formats import PLAIN, Body, Change, GivenTime, Id, Time, Told, Word
from imagehub.librarian.web.api.paging import Page, Paged, page
from imagehub.librarian.web.api.problems import found
from imagehub.librarian.web.api.subjects import CHANGED_SINCE, NO_SUCH, NOT_MODIFIED, subject
from imagehub.librarian.web.api.tags import IfMatch, check_unchanged

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = subject("plates")
Short = Annotated[str, StringConstraints(max_length=32, pattern=PLAIN)]
Name = Annotated[str, StringConstraints(max_length=100, pattern=PLAIN)]
Note = Annotated[str, StringConstraints(max_length=1000, pattern=PLAIN)]
PLATE = StringConstraints(min_length=2, max_length=32, pattern=r"^[A-Z0-9]+$")
PlateText = Annotated[str, PLATE, Field(examples=["ABC123"])]


class Plate(Told):
    """A plate, what users know of it, and how often it was read on how many days; the camera is its usual one."""

    id: int
    text: str
    region: str
    identified: bool
    watched: bool
    owner: str
    vehicle: str
    color: str
    note: str
    sightings: int
    days: int
    last: Time | None = Field(validation_alias="last_us")
    camera_id: int | None
    camera: str


class Sighting(Finding):
    """One reading of one plate in one image; `reading` is the text as it was read there."""

    reading: str


class NewPlate(Body):
    """A plate that was not read yet, such as one to watch for."""

    text: PlateText
    region: Short = ""
    identified: Annotated[bool, Field(description="Somebody knows whose it is.")] = False
    watched: Annotated[bool, Field(description="It is on the watch list.")] = False
    owner: Name = ""
    vehicle: Annotated[Name, Field(description="Type of the vehicle, such as `van`.")] = ""
    color: Name = ""
    note: Note = ""


class PlateChange(Change):
    """What users know of a plate; what is left out stays as it is."""

    text: PlateText = ""
    region: Short = ""
    identified: bool = False
    watched: bool = False
    owner: Name = ""
    vehicle: Name = ""
    color: Name = ""
    note: Note = ""


class Merge(Body):
    """The plate of which another one is a misreading."""

    into: Id


class WantedPlates(Paged):
    """Which plates are meant; what is left out does not matter."""

    text: Annotated[Word, Field(description="`*` stands for anything; empty: all.")] = ""
    which: Annotated[Literal["known", "unknown", "watched"] | None, Field(description="Only such.")] = None
    since: Annotated[GivenTime | None, Field(description="Count readings from this time on.")] = None


class WantedSightings(WantedFindings):
    """Which readings are meant; what is left out does not matter."""

    text: Annotated[Word, Field(description="`*` stands for anything; empty: all.")] = ""


@router.get("")
def list_plates(caller: Reader, response: Response, wanted: Annotated[WantedPlates, Query()]) -> Page[Plate]:
    """Search plates; those that were read most often come first."""
    asked = wanted.text, wanted.which or "", wanted.since, wanted.cursor, wanted.limit
    with caller.site.reading() as connection:
        return page(caller, response, Plate, frequency.table(connection, caller.sight, *asked))


@router.post("", status_code=201)
def add_plate(caller: Writer, new: NewPlate) -> Plate:
    """Add a plate that was not read yet."""
    with caller.site.writing() as connection:
        return _plate(caller, connection, known.add(connection, caller.actor, **new.model_dump()))


@router.get("/sightings")
def list_sightings(caller: Reader, response: Response, wanted: Annotated[WantedSightings, Query()]) -> Page[Sighting]:
    """Search where and when plates were read."""
    asked = wanted.text, wanted.camera, wanted.start, wanted.end, wanted.cursor, wanted.limit
    with caller.site.reading() as connection:
        return page(caller, response, Sighting, findings.sightings(connection, caller.sight, *asked))


@router.get("/{id:number}", responses=NO_SUCH | NOT_MODIFIED)
def get_plate(caller: Reader, id: Id) -> Plate:  # noqa: A002
    """Return one plate."""
    with caller.site.reading() as connection:
        return _plate(caller, connection, id)


@router.get("/{id:number}/sightings", responses=NO_SUCH)
def list_sightings_of_plate(
    caller: Reader,
    response: Response,
    id: Id,  # noqa: A002
    wanted: Annotated[Paged, Query()],
) -> Page[Sighting]:
    """Return where and when one plate was read."""
    with caller.site.reading() as connection:
        _plate(caller, connection, id)
        rows = findings.sightings_of(connection, caller.sight, id, wanted.cursor, wanted.limit)
    return page(caller, response, Sighting, rows)


@router.patch("/{id:number}", responses=NO_SUCH | CHANGED_SINCE)
def change_plate(caller: Writer, id: Id, change: PlateChange, if_match: IfMatch = None) -> Plate:  # noqa: A002
    """Change what is given, and leave the rest."""
    with caller.site.writing() as connection:
        check_unchanged(if_match, _plate(caller, connection, id))
        known.change(connection, caller.actor, id, **change.given)
        return _plate(caller, connection, id)


@router.post("/{id:number}/merge", responses=NO_SUCH)
def merge_plate(caller: Writer, id: Id, merge: Merge) -> Plate:  # noqa: A002
    """Make a plate a reading of another one, which gets its sightings, and return that."""
    with caller.site.writing() as connection:
        for number in (id, merge.into):
            _plate(caller, connection, number)
        known.merge(connection, caller.actor, id, merge.into)
        return _plate(caller, connection, merge.into)


@router.delete("/{id:number}", status_code=204, responses=NO_SUCH)
def remove_plate(caller: Writer, id: Id) -> None:  # noqa: A002
    """Forget a plate, with where it was read."""
    with caller.site.writing() as connection:
        _plate(caller, connection, id)
        known.remove(connection, caller.actor, id)


def _plate(caller: Caller, connection: "Connection", id: int) -> Plate:  # noqa: A002
    return Plate.model_validate(found("plate", frequency.plate(connection, caller.sight, id)))
