"""Notifications: what rules sent, or are still to send."""

from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import Field

from imagehub.librarian import notify as catalog
from imagehub.librarian.queries.paging import Found
from imagehub.librarian.web.api.caller import Overseer, Writer
from imagehub.librarian.web.api.formats import Id, Time, Told
from imagehub.librarian.web.api.paging import Page, PagedById, page
from imagehub.librarian.web.api.problems import found
from imagehub.librarian.web.api.subjects import NO_SUCH, subject
from imagehub.librarian.web.times import now_us

router = subject("notifications")


class Notification(Told):
    """One notification; of `target` only what is no secret."""

    id: int
    rule: str
    camera: str
    camera_id: int | None
    image_id: int | None
    event_id: int | None
    channel: str
    target: str
    title: str
    text: str
    state: Literal["waiting", "sending", "sent", "failed"]
    tries: int
    error: str
    time: Time = Field(validation_alias="time_us")
    created: Time = Field(validation_alias="created_us")
    due: Time = Field(validation_alias="due_us", description="When it is tried next, or was sent.")


@router.get("")
def list_notifications(
    caller: Overseer, response: Response, wanted: Annotated[PagedById, Query()]
) -> Page[Notification]:
    """List what was sent, or is still to be."""
    with caller.site.reading() as connection:
        rows = catalog.sent(connection, caller.sight, wanted.cursor, wanted.limit)
    return page(caller, response, Notification, Found(rows, wanted.after(rows), None))


@router.post("/{id:number}/again", status_code=204, responses=NO_SUCH)
def send_again(caller: Writer, id: Id) -> None:  # noqa: A002
    """Send a notification once more."""
    with caller.site.writing() as connection:
        found("notification", catalog.again(connection, caller.actor, id, now_us()) or None)
    caller.site.filled.announce()
