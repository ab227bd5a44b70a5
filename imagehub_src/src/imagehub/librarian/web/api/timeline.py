"""When there was how much."""

from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints

from imagehub.librarian.queries import timeline as catalog
from imagehub.librarian.web.api.caller import Reader
from imagehub.librarian.web.api.formats import Day, Given, GivenTime, Told
from imagehub.librarian.web.api.subjects import subject

router = subject("timeline")
days = subject("days")
Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$"), Field(description="As 2026-01; left out: all.")]


class Lane(Told):
    """How many images and events of one camera fell into each part of the span."""

    camera_id: int
    camera: str
    images: list[int]
    events: list[int]


class Lanes(Told):
    """A lane for each camera, by name."""

    items: list[Lane]


class OneDay(Told):
    """What came on one day of the hub."""

    day: Day
    images: int
    events: int
    bytes: int


class Days(Told):
    """The days on which something came, oldest first."""

    items: list[OneDay]


class WantedSpan(Given):
    """Which span is meant, and into how many parts it is cut."""

    start: Annotated[GivenTime, Field(description="From this time on.")]
    end: Annotated[GivenTime, Field(description="Before this time.")]
    parts: Annotated[int, Field(ge=1, le=1000, description="How many parts of the same length.")] = 144


class WantedDays(Given):
    """Which days are meant."""

    month: Month | None = None


@router.get("")
def get_timeline(caller: Reader, wanted: Annotated[WantedSpan, Query()]) -> Lanes:
    """Count images and events in each part of a span of time."""
    with caller.site.reading() as connection:
        lanes = catalog.timeline(connection, caller.sight, wanted.start, wanted.end, wanted.parts)
    return Lanes(items=[Lane.model_validate(lane) for lane in lanes])


@days.get("")
def list_days(caller: Reader, wanted: Annotated[WantedDays, Query()]) -> Days:
    """Count images and events of each day."""
    with caller.site.reading() as connection:
        return Days(items=[OneDay.model_validate(day) for day in catalog.days(connection, caller.sight, wanted.month)])
