"""One image: to look at and to download."""

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from imagehub.librarian.files import NoSuchImageError, open_image
from imagehub.librarian.queries import images
from imagehub.librarian.queries.images import Image
from imagehub.librarian.thumbnails import SIZES, NoPictureError
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.rendering import static
from imagehub.librarian.web.visit import Viewer, Visit

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(prefix="/images")
KEEP = {"Cache-Control": "private, max-age=86400"}
CHUNK = 1 << 16


@router.get("/{number}")
def picture(visit: Viewer, number: Number) -> Response:
    """Show an image with its boxes and details; arrows lead to the camera's previous and next one."""
    with visit.site.reading() as connection:
        image = image_of(visit, connection, number)
        older, newer = images.neighbours(connection, visit.sight, image, None)
        boxes = images.boxes(connection, number)
    return visit.page("picture.html", image=image, older=older, newer=newer, boxes=boxes)


@router.get("/{number}/file")
def file(visit: Viewer, number: Number, download: bool = False) -> Response:
    """Return the bytes that the camera sent."""
    with visit.site.reading() as connection:
        image = image_of(visit, connection, number)
    try:
        opened = open_image(visit.site.settings.hub_directory, image.path)
    except NoSuchImageError:
        raise HTTPException(404) from None
    name = image.path.rpartition("/")[2]
    kind = "image/jpeg" if opened.read(2) == b"\xff\xd8" else "application/octet-stream"
    opened.seek(0)
    headers = KEEP | {"Content-Disposition": f'{"attachment" if download else "inline"}; filename="{_plain(name)}"'}
    return StreamingResponse(iter(lambda: opened.read(CHUNK), b""), media_type=kind, headers=headers)


@router.get("/{number}/thumbnail/{size}")
def thumbnail(visit: Viewer, number: Number, size: str) -> Response:
    """Return a small copy of an image; for what is no picture, a drawing that says so."""
    if size not in SIZES:
        raise HTTPException(404)
    with visit.site.reading() as connection:
        image = image_of(visit, connection, number)
    try:
        kept = visit.site.thumbnails.get(size, number, image.path)
    except NoPictureError:
        return RedirectResponse(static("no-picture.svg"), 302)
    except NoSuchImageError:
        return RedirectResponse(static("no-file.svg"), 302)
    return FileResponse(kept, media_type="image/jpeg", headers=KEEP)


def image_of(visit: Visit, connection: "Connection", number: Number) -> Image:
    """Return an image that the viewer may see; raise HTTPException 404 if there is none."""
    found = images.image(connection, visit.sight, number)
    if found is None:
        raise HTTPException(404)
    return found


def _plain(name: str) -> str:
    return "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_" for letter in name
    )
