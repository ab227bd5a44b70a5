"""One image: to look at, to download, to hold, to delete."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from imagehub.librarian import deletion, retention
from imagehub.librarian.files import NoSuchImageError
from imagehub.librarian.queries import images
from imagehub.librarian.queries.images import Image
from imagehub.librarian.thumbnails import SIZES, NoPictureError
from imagehub.librarian.web import sending
from imagehub.librarian.web.rendering import static
from imagehub.librarian.web.visit import SENT_BY_US, NotAllowedError, Viewer, Visit

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(prefix="/images")


@router.get("/{number}")
def picture(visit: Viewer, number: int) -> Response:
    """Show an image with its boxes and details; arrows lead to the camera's previous and next one."""
    with visit.site.reading() as connection:
        image = _image(visit, connection, number)
        older, newer = images.neighbours(connection, visit.sight, image, None)
        boxes = images.boxes(connection, number)
    return visit.page("picture.html", image=image, older=older, newer=newer, boxes=boxes)


@router.get("/{number}/file")
def file(visit: Viewer, number: int, download: bool = False) -> Response:
    """Return the bytes that the camera sent."""
    with visit.site.reading() as connection:
        image = _image(visit, connection, number)
    try:
        return sending.file(visit.request, visit.site.settings.hub_directory, image, download)
    except NoSuchImageError:
        raise HTTPException(404) from None


@router.get("/{number}/thumbnail/{size}")
def thumbnail(visit: Viewer, number: int, size: str) -> Response:
    """Return a small copy of an image; for what is no picture, a drawing that says so."""
    if size not in SIZES:
        raise HTTPException(404)
    with visit.site.reading() as connection:
        image = _image(visit, connection, number)
    try:
        return sending.thumbnail(visit.request, visit.site.thumbnails, image, size)
    except NoPictureError:
        return RedirectResponse(static("no-picture.svg"), 302)
    except NoSuchImageError:
        return RedirectResponse(static("no-file.svg"), 302)


@router.post("/{number}/hold", dependencies=[SENT_BY_US])
def hold(visit: Viewer, number: int, hold: Annotated[bool, Form()]) -> Response:
    """Exempt an image from retention, or no longer."""
    _may_change(visit)
    with visit.site.writing() as connection:
        _image(visit, connection, number)
        retention.hold_image(connection, visit.someone.actor, number, hold)
    return visit.go(f"/images/{number}")


@router.post("/{number}/delete", dependencies=[SENT_BY_US])
def delete(visit: Viewer, number: int) -> Response:
    """Delete an image for good, and go to the one before it."""
    _may_change(visit)
    site = visit.site
    with site.reading() as connection:
        image = _image(visit, connection, number)
        older, newer = images.neighbours(connection, visit.sight, image, None)
    deletion.delete_by_user(
        site.engine, site.settings.hub_directory, visit.someone.actor, [number], site.thumbnails.forget
    )
    beside = older or newer
    return visit.go(f"/images/{beside}" if beside else "/gallery")


def _image(visit: Visit, connection: "Connection", number: int) -> Image:
    found = images.image(connection, visit.sight, number)
    if found is None:
        raise HTTPException(404)
    return found


def _may_change(visit: Visit) -> None:
    if not visit.someone.is_administrator:
        raise NotAllowedError
