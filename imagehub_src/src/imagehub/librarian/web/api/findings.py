"""Objects: what was found in images, and what was seen."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from imagehub.librarian.queries import findings as catalog
from imagehub.librarian.queries import seen
from imagehub.librarian.web.api.caller import Reader
from imagehub.librarian.web.api.formats import CameraIds, Given, GivenTime, Time, Told, Word
from imagehub.librarian.web.api.paging import Page, Paged, page
from imagehub.librarian.web.api.subjects import subject

router = subject("objects")
Labels = Annotated[tuple[Word, ...], Field(max_length=20, description="Their labels; left out: all.")]


class Object(Told):
    """A label, and how often it was found in images, and seen, in the last 24 hours, seven and thirty days.

    What is seen in several images is one thing that was seen. `last_image_id` is the last image that shows it.
    """

    id: int
    label: str
    last_day: int
    last_week: int
    last_month: int
    seen_day: int
    seen_week: int
    seen_month: int
    last: Time | None = Field(validation_alias="last_us")
    last_image_id: int | None


class Objects(Told):
    """The labels that detectors know."""

    items: list[Object]


class Finding(Told):
    """One thing that was found in one image; `image_id` is null when the image was deleted.

    The box is from 0 to 1 of the image's width and height. `track` is the thing that it shows; null: too few images do.
    """

    id: int
    label: str
    image_id: int | None
    camera_id: int
    camera: str
    time: Time = Field(validation_alias="time_us")
    score: float
    left: float
    top: float
    width: float
    height: float
    track: int | None


class WantedFindings(Paged):
    """Which findings are meant; what is left out does not matter."""

    camera: CameraIds = ()
    start: Annotated[GivenTime | None, Field(description="From this time on.")] = None
    end: Annotated[GivenTime | None, Field(description="Before this time.")] = None


class WantedDetections(WantedFindings):
    """Which objects are meant."""

    label: Labels = ()


class WantedCounts(Given):
    """Which span is meant, into how many parts it is cut, and what is counted."""

    start: Annotated[GivenTime, Field(description="From this time on.")]
    end: Annotated[GivenTime, Field(description="Before this time.")]
    parts: Annotated[int, Field(ge=1, le=1000, description="How many parts of the same length.")] = 24
    label: Labels = ()
    camera: CameraIds = ()


class Lane(Told):
    """One label at one camera: how many things were seen, and how many found in images, in each part of the span."""

    label: str
    camera_id: int
    camera: str
    seen: list[int]
    detections: list[int]


class Lanes(Told):
    """The labels and cameras of which something was found."""

    items: list[Lane]


class Track(Told):
    """One thing that a camera saw.

    `time` is when enough images showed it; `first` and `last` are of the images that show it, and `images` is how many.
    `image_id` shows it best, where the box says; null: it was deleted. What has `ended` is gone from the picture.
    """

    id: int
    label: str
    camera_id: int
    camera: str
    image_id: int | None
    time: Time = Field(validation_alias="time_us")
    first: Time = Field(validation_alias="first_us")
    last: Time = Field(validation_alias="last_us")
    images: int
    score: float
    left: float
    top: float
    width: float
    height: float
    ended: bool


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


@router.get("/statistics")
def count_objects(caller: Reader, wanted: Annotated[WantedCounts, Query()]) -> Lanes:
    """Count what was seen, by label and camera, in each part of a span of time."""
    asked = wanted.label, wanted.camera, wanted.start, wanted.end, wanted.parts
    with caller.site.reading() as connection:
        lanes = seen.counts(connection, caller.sight, *asked)
    return Lanes(items=[Lane.model_validate(lane) for lane in lanes])


@router.get("/tracks")
def list_tracks(caller: Reader, response: Response, wanted: Annotated[WantedDetections, Query()]) -> Page[Track]:
    """Search the things that cameras saw: each once, however many images show it."""
    asked = wanted.label, wanted.camera, wanted.start, wanted.end, wanted.cursor, wanted.limit
    with caller.site.reading() as connection:
        return page(caller, response, Track, seen.search(connection, caller.sight, *asked))
