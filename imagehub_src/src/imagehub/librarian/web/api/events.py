"""Events and what was measured."""

from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import Field

from imagehub.librarian.queries import events as catalog
from imagehub.librarian.web.api.caller import Reader
from imagehub.librarian.web.api.formats import CameraIds, Given, GivenTime, Kind, Time, Told
from imagehub.librarian.web.api.paging import Page, Paged, page
from imagehub.librarian.web.api.subjects import subject

router = subject("events")
readings = subject("readings")


class Event(Told):
    """An event of a camera; `value` is the number that a reading tells."""

    id: int
    camera_id: int
    camera: str
    time: Time = Field(validation_alias="time_us")
    kind: Kind
    type: str
    value: float | None
    text: str


class Events(Told):
    """Events that belong together."""

    items: list[Event]


class WantedEvents(Paged):
    """Which events are meant; what is left out does not matter."""

    camera: CameraIds = ()
    kind: Annotated[tuple[Kind, ...], Field(max_length=6)] = ()
    start: Annotated[GivenTime | None, Field(description="From this time on.")] = None
    end: Annotated[GivenTime | None, Field(description="Before this time.")] = None


class Series(Told):
    """Readings of one camera: averages, each of those around its time."""

    camera_id: int
    camera: str
    times: list[Time] = Field(validation_alias="times_us")
    values: list[float]


class Readings(Told):
    """The readings of each camera."""

    items: list[Series]


class WantedReadings(Given):
    """Which readings are meant."""

    kind: Literal["temperature", "humidity", "light"]
    start: Annotated[GivenTime, Field(description="From this time on.")]
    end: Annotated[GivenTime, Field(description="Before this time.")]
    camera: CameraIds = ()
    points: Annotated[int, Field(ge=1, le=2000, description="How many of each camera at most.")] = 500


@router.get("")
def list_events(caller: Reader, response: Response, wanted: Annotated[WantedEvents, Query()]) -> Page[Event]:
    """Search events."""
    span = wanted.start, wanted.end
    with caller.site.reading() as connection:
        rows = catalog.search(connection, caller.sight, wanted.camera, wanted.kind, *span, wanted.cursor, wanted.limit)
    return page(caller, response, Event, rows)


@router.get("/latest")
def latest_events(caller: Reader) -> Events:
    """Return the last event of each camera and kind."""
    with caller.site.reading() as connection:
        return Events(items=[Event.model_validate(row) for row in catalog.last_of_each(connection, caller.sight)])


@readings.get("")
def list_readings(caller: Reader, wanted: Annotated[WantedReadings, Query()]) -> Readings:
    """Return what cameras measured, for a chart."""
    span = wanted.start, wanted.end
    with caller.site.reading() as connection:
        series = catalog.readings(connection, caller.sight, wanted.kind, wanted.camera, *span, wanted.points)
    return Readings(items=[Series.model_validate(one) for one in series])
