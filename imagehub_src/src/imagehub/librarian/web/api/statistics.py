"""How much there is, and how the hubs are."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from imagehub.librarian import health
from imagehub.librarian.queries import statistics as catalog
from imagehub.librarian.web.api.caller import Overseer, Reader
from imagehub.librarian.web.api.formats import Day, Given, Time, Told
from imagehub.librarian.web.api.subjects import subject

router = subject("statistics")
hubs = subject("hubs")


class Totals(Told):
    """What the catalog has; `oldest` and `newest` are times of images."""

    images: int
    events: int
    bytes: int
    oldest: Time | None = Field(validation_alias="oldest_us")
    newest: Time | None = Field(validation_alias="newest_us")


class CameraDay(Told):
    """What one camera sent on one day of the hub."""

    day: Day
    camera_id: int
    camera: str
    images: int
    events: int
    bytes: int


class CameraDays(Told):
    """What each camera sent on each day, newest first."""

    items: list[CameraDay]


class WantedCameraDays(Given):
    """Which days are meant."""

    since: Annotated[Day, Field(description="From this day on.")]


class Hub(Told):
    """A hub, as its files tell it; `behind` entries of its journal are not in the catalog yet.

    `damaged` lines could not be read; `stored` is when it stored last.
    """

    data_directory: str
    state: Literal["running", "stopped", "broken off", "not there"]
    sequence: int
    behind: int
    damaged: int
    stored: Time | None = Field(validation_alias="stored_us")
    free_bytes: int
    total_bytes: int


class Hubs(Told):
    """The hubs that the catalog follows."""

    items: list[Hub]


@router.get("")
def get_totals(caller: Reader) -> Totals:
    """Return how much there is."""
    with caller.site.reading() as connection:
        return Totals.model_validate(catalog.totals(connection, caller.sight))


@router.get("/days")
def list_camera_days(caller: Reader, wanted: Annotated[WantedCameraDays, Query()]) -> CameraDays:
    """Return what each camera sent on each day."""
    with caller.site.reading() as connection:
        rows = catalog.per_camera_per_day(connection, caller.sight, wanted.since)
    return CameraDays(items=[CameraDay.model_validate(row) for row in rows])


@hubs.get("")
def list_hubs(caller: Overseer) -> Hubs:
    """Return how each hub is."""
    with caller.site.reading() as connection:
        return Hubs(items=[Hub.model_validate(hub) for hub in health.of_all(connection)])
