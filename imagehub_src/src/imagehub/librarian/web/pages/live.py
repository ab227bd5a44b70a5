"""What arrives, as a stream of server-sent events."""

import json

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from imagehub.librarian.queries import images
from imagehub.librarian.sight import Sight
from imagehub.librarian.web.following import stream
from imagehub.librarian.web.visit import Viewer, Visit, anyone

router = APIRouter()
BATCH = 500


@router.get("/live")
def live(visit: Viewer) -> StreamingResponse:
    """Send an event `image` for the latest image of each camera, as they come."""
    return stream(visit.site, _News(visit))


class _News:
    """The latest image of each camera since the last call; None when the session was ended."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        with visit.site.reading() as connection:
            self._seen = images.newest_id(connection)

    def __call__(self) -> str | None:
        user = anyone(self._visit.request).user
        return None if user is None else "".join(map(_message, self._latest(user.cameras)))

    def _latest(self, sight: Sight) -> list[images.Image]:
        latest: dict[int, images.Image] = {}
        with self._visit.site.reading() as connection:
            while found := images.arrived(connection, sight, self._seen, BATCH):
                latest |= {image.camera_id: image for image in found}
                self._seen = found[-1].id
        return list(latest.values())


def _message(image: images.Image) -> str:
    told = {"id": image.id, "camera_id": image.camera_id, "camera": image.camera, "time_us": image.time_us}
    return f"event: image\nid: {image.id}\ndata: {json.dumps(told)}\n\n"
