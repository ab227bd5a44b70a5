"""Images: search, one, its bytes."""

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field

from imagehub.errors import DataDirectoryError
from imagehub.librarian import retention
from imagehub.librarian.deletion import HeldError
from imagehub.librarian.files import NoSuchImageError
from imagehub.librarian.queries import images as catalog
from imagehub.librarian.queries.filters import Filters
from imagehub.librarian.queries.images import Image as Row
from imagehub.librarian.thumbnails import NoPictureError
from imagehub.librarian.web import deleting, queue, sending
from imagehub.librarian.web.api.caller import Caller, Reader, Writer
from imagehub.librarian.web.api.formats import Body, CameraIds, Day, GivenTime, Id, Kind, Time, Told, Word
from imagehub.librarian.web.api.paging import Page, Paged, page
from imagehub.librarian.web.api.problems import ProblemError, found, not_found
from imagehub.librarian.web.api.subjects import NO_SUCH, NOT_MODIFIED, refusals, subject

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = subject("images")
BINARY = {"type": "string", "format": "binary"}
NOT_DELETED = refusals({409: "It is held; end the hold first.", 503: "Its file can't be deleted now; it is hidden."})
NO_SUCH_BYTES = refusals({416: "The file has no such bytes."})


class Image(Told):
    """An image; `hold`: it is exempt from retention; `held`: it, or a span of time around it, is."""

    id: int
    camera_id: int
    camera: str
    time: Time = Field(validation_alias="time_us")
    day: Day
    type: str
    text: str
    path: str
    bytes: int
    checksum: str
    hold: bool
    held: bool


class Box(Told):
    """What was found in an image, and where: from 0 to 1 of its width and height.

    `model` found it, in its `version`. `track` is the thing that it shows; null: too few images show it. `reading` is
    how a plate was read in this image.
    """

    label: str
    kind: Literal["object", "plate"]
    score: float
    left: float
    top: float
    width: float
    height: float
    model: str
    version: str
    track: int | None
    reading: str
    plate_id: int | None


class Boxes(Told):
    """What was found in an image, the surest first."""

    items: list[Box]


class Images(Told):
    """Images that belong together."""

    items: list[Image]


class HoldWanted(Body):
    """Whether an image is to be exempt from retention."""

    hold: bool


class Wanted(Paged):
    """Which images are meant; what is left out does not matter. `hours` count by the clock of `zone`."""

    camera: CameraIds = ()
    start: Annotated[GivenTime | None, Field(description="From this time on.")] = None
    end: Annotated[GivenTime | None, Field(description="Before this time.")] = None
    from_hour: Annotated[int | None, Field(ge=0, le=23, description="From this hour of each day on.")] = None
    to_hour: Annotated[int | None, Field(ge=0, le=24, description="Before this hour; may be past midnight.")] = None
    zone: Annotated[Word, Field(description="The zone of the hours, as Europe/Berlin or +02:00.")] = "UTC"
    event: Annotated[Kind | None, Field(description="Up to 60 s after such an event of their camera.")] = None
    object: Annotated[Word, Field(description="With this object in them.")] = ""
    plate: Annotated[Word, Field(description="With this plate in them; `*` stands for anything.")] = ""
    held: Annotated[bool, Field(description="Held ones only.")] = False

    def filters(self) -> Filters:
        """Return them as the catalog knows them."""
        return Filters(
            camera_ids=tuple(self.camera),
            start_us=self.start,
            end_us=self.end,
            hours=self._hours(),
            zone=self.zone,
            event=self.event or "",
            object=self.object,
            plate=self.plate,
            held=self.held,
        )

    def _hours(self) -> tuple[int, int] | None:
        if self.from_hour is None and self.to_hour is None:
            return None
        return self.from_hour or 0, 24 if self.to_hour is None else self.to_hour


@router.get("")
def list_images(caller: Reader, response: Response, wanted: Annotated[Wanted, Query()]) -> Page[Image]:
    """Search images."""
    with caller.site.reading() as connection:
        rows = catalog.search(connection, caller.sight, wanted.filters(), wanted.cursor, wanted.limit)
    return page(caller, response, Image, rows)


@router.get("/latest")
def latest_images(caller: Reader) -> Images:
    """Return the latest image of each camera that is displayed."""
    with caller.site.reading() as connection:
        return Images(items=[Image.model_validate(row) for row in catalog.latest(connection, caller.sight)])


@router.get("/{id:number}", responses=NO_SUCH)
def get_image(caller: Reader, id: Id) -> Image:  # noqa: A002
    """Return one image's description."""
    with caller.site.reading() as connection:
        return Image.model_validate(row(caller, connection, id))


@router.get("/{id:number}/boxes", responses=NO_SUCH)
def get_boxes(caller: Reader, id: Id) -> Boxes:  # noqa: A002
    """Return what was found in an image."""
    with caller.site.reading() as connection:
        row(caller, connection, id)
        return Boxes(items=[Box.model_validate(box) for box in catalog.boxes(connection, id)])


@router.get(
    "/{id:number}/file",
    response_class=Response,
    responses=NO_SUCH
    | NO_SUCH_BYTES
    | NOT_MODIFIED
    | {
        200: {"content": {"image/jpeg": {"schema": BINARY}, "application/octet-stream": {"schema": BINARY}}},
        206: {"description": "The bytes that `Range` asks for.", "content": {"image/jpeg": {"schema": BINARY}}},
    },
)
def get_file(caller: Reader, request: Request, id: Id, download: bool = False) -> Response:  # noqa: A002
    """Return the bytes that the camera sent."""
    with caller.site.reading() as connection:
        image = row(caller, connection, id)
    try:
        return sending.file(request, caller.site.settings.hub_directory, image, download)
    except NoSuchImageError:
        raise not_found("file") from None


@router.get(
    "/{id:number}/thumbnail/{size}",
    response_class=FileResponse,
    responses=NO_SUCH | NOT_MODIFIED | {200: {"content": {"image/jpeg": {"schema": BINARY}}}},
)
def get_thumbnail(caller: Reader, request: Request, id: Id, size: Literal["small", "medium"]) -> Response:  # noqa: A002
    """Return a small copy of an image, as JPEG: up to 320 or 960 pixels wide and high."""
    with caller.site.reading() as connection:
        image = row(caller, connection, id)
    try:
        return sending.thumbnail(request, caller.site.thumbnails, image, size)
    except NoPictureError:
        raise ProblemError(404, "The file is no picture.") from None
    except NoSuchImageError:
        raise not_found("file") from None


@router.post("/{id:number}/look-again", status_code=204, responses=NO_SUCH)
def look_at_image_again(caller: Writer, id: Id) -> None:  # noqa: A002
    """Have an image looked at anew, before all others."""
    with caller.site.reading() as connection:
        image = row(caller, connection, id)
    queue.look_again(caller.site, caller.actor, image)


@router.put("/{id:number}/hold", responses=NO_SUCH)
def hold_image(caller: Writer, id: Id, wanted: HoldWanted) -> Image:  # noqa: A002
    """Exempt an image from retention, or no longer."""
    with caller.site.writing() as connection:
        row(caller, connection, id)
        retention.hold_image(connection, caller.actor, id, wanted.hold)
        return Image.model_validate(row(caller, connection, id))


@router.delete("/{id:number}", status_code=204, responses=NO_SUCH | NOT_DELETED)
def delete_image(caller: Writer, id: Id) -> None:  # noqa: A002
    """Delete an image for good."""
    with caller.site.reading() as connection:
        image = row(caller, connection, id)
    try:
        deleting.delete_image(caller.site, caller.actor, image)
    except HeldError as error:
        raise ProblemError(409, str(error)) from None
    except DataDirectoryError as error:
        raise ProblemError(503, f"{error}. The image is hidden, and is deleted later.") from None


def row(caller: Caller, connection: "Connection", id: int) -> Row:  # noqa: A002
    """Return an image that the caller may see; raise ProblemError if there is none."""
    return found("image", catalog.image(connection, caller.sight, id))
