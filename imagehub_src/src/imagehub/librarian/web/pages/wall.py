"""The first page: the latest image of each camera."""

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian.queries import cameras, images
from imagehub.librarian.web.visit import Viewer

router = APIRouter()


@router.get("/")
def wall(visit: Viewer) -> Response:
    """Show a tile for each camera; `live.js` keeps them up to date."""
    with visit.site.reading() as connection:
        latest = {image.camera_id: image for image in images.latest(connection, visit.sight)}
        shown = [camera for camera in cameras.cameras(connection, visit.sight) if camera.display]
    return visit.page("wall.html", tiles=[(camera, latest.get(camera.id)) for camera in shown])
