"""Recording sessions: which there are, whether their audits passed, and all cameras of one side by side."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from imagehub.librarian import recordings
from imagehub.librarian.recordings import NoSuchSessionError, Place
from imagehub.librarian.web import sending
from imagehub.librarian.web.visit import Everything, Visit

router = APIRouter(prefix="/sessions")
PAGE = 25
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("")
def sessions(visit: Everything, page: PageNumber = 1) -> Response:
    """List the sessions, newest first."""
    root, fault = visit.site.settings.sessions_directory, ""
    found: list[Place] = []
    if root is not None:
        try:
            found = recordings.places(root)
        except NoSuchSessionError as error:
            fault = str(error)
    start = (page - 1) * PAGE
    shown = [recordings.read(root, place) for place in found[start : start + PAGE]] if root is not None else []
    more = len(found) > start + PAGE
    return visit.page("sessions.html", sessions=shown, root=root, fault=fault, page=page, more=more, total=len(found))


@router.get("/{key}")
def session(visit: Everything, key: str) -> Response:
    """Show a session: its videos with one button for all, the audit's verdict and plot, and all its files."""
    root, place = _place(visit, key)
    return visit.page("session.html", session=recordings.read(root, place), plot=recordings.PICTURE)


@router.get("/{key}/files/{name}")
def file(visit: Everything, key: str, name: str, download: bool = False) -> Response:
    """Return a file of a session, or the part of it that a player asks for."""
    root, place = _place(visit, key)
    try:
        opened = recordings.open_file(root, place, name)
    except NoSuchSessionError:
        raise HTTPException(404) from None
    return sending.recorded(visit.request, opened, name, download)


def _place(visit: Visit, key: str) -> tuple[Path, Place]:
    root = visit.site.settings.sessions_directory
    if root is None:
        raise HTTPException(404)
    try:
        return root, recordings.find(root, key)
    except NoSuchSessionError:
        raise HTTPException(404) from None
