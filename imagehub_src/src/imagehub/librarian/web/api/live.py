"""What arrives, as it arrives."""

import re
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import Response, StreamingResponse

from imagehub.librarian.accounts import AccountError
from imagehub.librarian.queries import events, images
from imagehub.librarian.web.api.caller import Caller, Reader, identify
from imagehub.librarian.web.api.events import Event
from imagehub.librarian.web.api.formats import Told
from imagehub.librarian.web.api.images import Image
from imagehub.librarian.web.api.problems import ProblemError
from imagehub.librarian.web.api.subjects import subject
from imagehub.librarian.web.following import MEDIA_TYPE, stream
from imagehub.librarian.web.visit import SignInNeededError

router = subject("live")
BATCH = 200
PLACE = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)
LastEventId = Annotated[str | None, Header(description="Go on behind this one; left out: with what comes next.")]


@router.get("", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}})
def get_live(caller: Reader, request: Request, last_event_id: LastEventId = None) -> Response:
    """Send an event `image` or `event` for each that comes, as server-sent events; the data is as in their lists."""
    if request.scope.get("head"):
        return StreamingResponse(iter(()), media_type=MEDIA_TYPE)
    return stream(caller.site, _News(caller, last_event_id or ""))


class _News:
    """What came since the last call; None when the caller may not look any more."""

    def __init__(self, caller: Caller, begin: str) -> None:
        self._caller = caller
        if match := PLACE.fullmatch(begin):
            self._image, self._event = map(int, match.groups())
            return
        with caller.site.reading() as connection:
            self._image, self._event = images.newest_id(connection), events.newest_id(connection)

    def __call__(self) -> str | None:
        try:
            sight = identify(self._caller.request).sight
        except (AccountError, ProblemError, SignInNeededError):
            return None
        with self._caller.site.reading() as connection:
            new_images = images.arrived(connection, sight, self._image, BATCH)
            new_events = events.arrived(connection, sight, self._event, BATCH)
        return "".join([*map(self._of_image, new_images), *map(self._of_event, new_events)])

    def _of_image(self, row: images.Image) -> str:
        self._image = row.id
        return self._message("image", Image.model_validate(row))

    def _of_event(self, row: events.Event) -> str:
        self._event = row.id
        return self._message("event", Event.model_validate(row))

    def _message(self, kind: str, told: Told) -> str:
        return f"event: {kind}\nid: {self._image}-{self._event}\ndata: {told.model_dump_json()}\n\n"
