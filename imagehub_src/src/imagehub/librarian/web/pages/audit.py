"""Who changed what."""

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian import audit
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.visit import Administrator

router = APIRouter()
PAGE = 100


@router.get("/audit")
def audit_page(visit: Administrator, before: Number = 0, action: str = "") -> Response:
    """List changes, the newest first."""
    with visit.site.reading() as connection:
        found = audit.entries(connection, before or None, PAGE, action=action)
    return visit.page("audit.html", entries=found, action=action, older=found[-1].id if len(found) == PAGE else 0)
