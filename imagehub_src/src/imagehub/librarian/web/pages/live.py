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
    """The images since the last call that are their cameras' latest; None when the session was ended.

    An image that comes late is no news to the wall, where a newer one hangs.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        with visit.site.reading() as connection:
            self._seen = images.newest_id(connection)
            hanging = images.latest(connection, visit.sight)
        self._newest = {image.camera_id: _place(image) for image in hanging}

    def __call__(self) -> str | None:
        user = anyone(self._visit.request).user
        return None if user is None else "".join(map(_message, self._latest(user.cameras)))

    def _latest(self, sight: Sight) -> list[images.Image]:
        latest: dict[int, images.Image] = {}
        with self._visit.site.reading() as connection:
            while found := images.arrived(connection, sight, self._seen, BATCH):
                for image in found:
                    if _place(image) > self._newest.get(image.camera_id, (0, 0)):
                        self._newest[image.camera_id] = _place(image)
                        latest[image.camera_id] = image
                self._seen = found[-1].id
        return list(latest.values())


def _place(image: images.Image) -> tuple[int, int]:
    return image.time_us, image.id


def _message(image: images.Image) -> str:
    told = {"id": image.id, "camera_id": image.camera_id, "camera": image.camera, "time_us": image.time_us}
    return f"event: image\nid: {image.id}\ndata: {json.dumps(told)}\n\n"
