"""The first page: the latest image of each camera."""

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian.queries import images
from imagehub.librarian.web.visit import Viewer

router = APIRouter()


@router.get("/")
def wall(visit: Viewer) -> Response:
    """Show a tile for each camera that sent an image; `live.js` keeps them up to date."""
    with visit.site.reading() as connection:
        tiles = sorted(images.latest(connection, visit.sight), key=lambda image: image.camera)
    return visit.page("wall.html", tiles=tiles)
