"""What was sent, and what is still to be."""

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from imagehub.librarian import notify
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.times import now_us
from imagehub.librarian.web.visit import SENT_BY_US, Administrator

router = APIRouter(prefix="/notifications")
PAGE = 100


@router.get("")
def notifications_page(visit: Administrator, before: Number = 0) -> Response:
    """List notifications, the newest first."""
    with visit.site.reading() as connection:
        found = notify.sent(connection, visit.sight, before or None, PAGE)
    return visit.page("notifications.html", found=found, older=found[-1].id if len(found) == PAGE else 0)


@router.post("/{number}/again", dependencies=[SENT_BY_US])
def again(visit: Administrator, number: Number) -> Response:
    """Send one that failed once more."""
    with visit.site.writing() as connection:
        if not notify.again(connection, visit.someone.actor, number, now_us()):
            raise HTTPException(404)
    visit.site.filled.announce()
    return visit.go("/notifications")
