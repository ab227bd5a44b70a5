"""One image: to look at and to download."""

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from imagehub.librarian.files import NoSuchImageError
from imagehub.librarian.queries import images
from imagehub.librarian.queries.images import Image
from imagehub.librarian.thumbnails import SIZES, NoPictureError
from imagehub.librarian.web import sending
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.rendering import static
from imagehub.librarian.web.visit import Viewer, Visit

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(prefix="/images")


@router.get("/{number}")
def picture(visit: Viewer, number: Number, asked: bool = False) -> Response:
    """Show an image with its boxes and details; arrows lead to the camera's previous and next one."""
    with visit.site.reading() as connection:
        image = image_of(visit, connection, number)
        older, newer = images.neighbours(connection, visit.sight, image, None)
        boxes = images.boxes(connection, number)
    return visit.page("picture.html", image=image, older=older, newer=newer, boxes=boxes, asked=asked)


@router.get("/{number}/file")
def file(visit: Viewer, number: Number, download: bool = False) -> Response:
    """Return the bytes that the camera sent."""
    with visit.site.reading() as connection:
        image = image_of(visit, connection, number)
    try:
        return sending.file(visit.request, visit.site.settings.hub_directory, image, download)
    except NoSuchImageError:
        raise HTTPException(404) from None


@router.get("/{number}/thumbnail/{size}")
def thumbnail(visit: Viewer, number: Number, size: str) -> Response:
    """Return a small copy of an image; for what is no picture, a drawing that says so."""
    if size not in SIZES:
        raise HTTPException(404)
    with visit.site.reading() as connection:
        image = image_of(visit, connection, number)
    try:
        return sending.thumbnail(visit.request, visit.site.thumbnails, image, size)
    except NoPictureError:
        return RedirectResponse(static("no-picture.svg"), 302)
    except NoSuchImageError:
        return RedirectResponse(static("no-file.svg"), 302)


def image_of(visit: Visit, connection: "Connection", number: Number) -> Image:
    """Return an image that the viewer may see; raise HTTPException 404 if there is none."""
    found = images.image(connection, visit.sight, number)
    if found is None:
        raise HTTPException(404)
    return found
