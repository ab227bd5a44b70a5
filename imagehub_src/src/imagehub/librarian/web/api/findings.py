"""What was found in images: objects and licence plates."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from imagehub.librarian.queries import findings as catalog
from imagehub.librarian.web.api.caller import Reader
from imagehub.librarian.web.api.formats import CameraIds, GivenTime, Time, Told, Word
from imagehub.librarian.web.api.paging import Page, Paged, page
from imagehub.librarian.web.api.subjects import subject

router = subject("objects")
plates = subject("plates")


class Object(Told):
    """A label, and how often it was found in the last 24 hours and seven days."""

    id: int
    label: str
    last_day: int
    last_week: int
    last: Time | None = Field(validation_alias="last_us")


class Objects(Told):
    """The labels that detectors know."""

    items: list[Object]


class Plate(Told):
    """A licence plate, and how often it was read."""

    id: int
    text: str
    region: str
    sightings: int
    last: Time | None = Field(validation_alias="last_us")


class Finding(Told):
    """One thing that was found in one image; `image_id` is null when the image was deleted."""

    id: int
    label: str
    image_id: int | None
    camera_id: int
    camera: str
    time: Time = Field(validation_alias="time_us")
    score: float


class WantedPlates(Paged):
    """Which plates are meant."""

    text: Annotated[Word, Field(description="`*` stands for anything; empty: all.")] = ""


class WantedFindings(Paged):
    """Which findings are meant; what is left out does not matter."""

    camera: CameraIds = ()
    start: Annotated[GivenTime | None, Field(description="From this time on.")] = None
    end: Annotated[GivenTime | None, Field(description="Before this time.")] = None


class WantedDetections(WantedFindings):
    """Which objects are meant."""

    label: Annotated[tuple[Word, ...], Field(max_length=20, description="Their labels.")] = ()


class WantedSightings(WantedFindings):
    """Which plates are meant."""

    text: Annotated[Word, Field(description="`*` stands for anything; empty: all.")] = ""


@router.get("")
def list_objects(caller: Reader) -> Objects:
    """List the labels that detectors know, and how often each was found lately."""
    with caller.site.reading() as connection:
        return Objects(items=[Object.model_validate(row) for row in catalog.objects(connection, caller.sight)])


@router.get("/detections")
def list_detections(caller: Reader, response: Response, wanted: Annotated[WantedDetections, Query()]) -> Page[Finding]:
    """Search what detectors found."""
    asked = wanted.label, wanted.camera, wanted.start, wanted.end, wanted.cursor, wanted.limit
    with caller.site.reading() as connection:
        return page(caller, response, Finding, catalog.search(connection, caller.sight, *asked))


@plates.get("")
def list_plates(caller: Reader, response: Response, wanted: Annotated[WantedPlates, Query()]) -> Page[Plate]:
    """Search the plates that were read."""
    with caller.site.reading() as connection:
        rows = catalog.plates(connection, caller.sight, wanted.text, wanted.cursor, wanted.limit)
    return page(caller, response, Plate, rows)


@plates.get("/sightings")
def list_sightings(caller: Reader, response: Response, wanted: Annotated[WantedSightings, Query()]) -> Page[Finding]:
    """Search where and when plates were read."""
    asked = wanted.text, wanted.camera, wanted.start, wanted.end, wanted.cursor, wanted.limit
    with caller.site.reading() as connection:
        return page(caller, response, Finding, catalog.sightings(connection, caller.sight, *asked))
