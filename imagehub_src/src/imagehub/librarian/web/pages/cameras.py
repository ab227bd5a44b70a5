"""Cameras: what each is, and what is done with its images."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from imagehub.librarian.queries import cameras
from imagehub.librarian.queries.cameras import Camera
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.visit import SENT_BY_US, Administrator, Viewer, Visit

router = APIRouter(prefix="/cameras")
Text = Annotated[str, Form()]
Tick = Annotated[bool, Form()]


@router.get("")
def cameras_page(visit: Viewer) -> Response:
    """List the cameras, and when each was heard of last."""
    with visit.site.reading() as connection:
        return visit.page("cameras.html", cameras=cameras.cameras(connection, visit.sight))


@router.get("/{number}")
def camera_page(visit: Viewer, number: Number) -> Response:
    """Show the form of one camera."""
    return visit.page("camera.html", camera=_camera(visit, number), fault="")


@router.post("/{number}", dependencies=[SENT_BY_US])
def change(  # noqa: PLR0913, PLR0917  (each is a field of the form)
    visit: Administrator,
    number: Number,
    type: Text = "",  # noqa: A002
    roi_names: Text = "",
    message: Text = "",
    display: Tick = False,
    check_objects: Tick = False,
    alpr: Tick = False,
    notifications: Tick = False,
) -> Response:
    """Change what users say of a camera; a box that is not ticked is not sent."""
    _camera(visit, number)
    names = tuple(name.strip() for name in roi_names.split(",") if name.strip())
    try:
        with visit.site.writing() as connection:
            cameras.change_camera(
                connection,
                visit.someone.actor,
                number,
                type=type,
                display=display,
                check_objects=check_objects,
                alpr=alpr,
                roi_names=names,
                message=message,
                notifications=notifications,
            )
    except ValueFault as fault:
        return visit.page("camera.html", 400, camera=_camera(visit, number), fault=str(fault))
    return visit.go("/cameras")


def _camera(visit: Visit, number: int) -> Camera:
    with visit.site.reading() as connection:
        found = cameras.camera(connection, visit.sight, number)
    if found is None:
        raise HTTPException(404)
    return found
