"""Cameras: what each is, and what is done with its images."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from imagehub.librarian.queries import cameras, findings
from imagehub.librarian.queries.cameras import Camera
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.web import models
from imagehub.librarian.web.numbers import Number, typed
from imagehub.librarian.web.visit import SENT_BY_US, Administrator, Viewer, Visit

router = APIRouter(prefix="/cameras")
TICKS = ("display", "check_objects", "alpr", "notifications", "tiles")
EMPTY_ROWS = 3


async def document(request: Request) -> dict[str, Any]:
    """Return what a form says of a camera; a box that is not ticked is not sent.

    A number that is none is `nan`, which no field takes.
    """
    form = await request.form()
    labels, scores = ([str(value).strip() for value in form.getlist(name)] for name in ("label", "score"))
    names = str(form.get("roi_names", "")).split(",")
    votes = str(form.get("votes", "")).strip()
    return {
        **{name: name in form for name in TICKS},
        "type": str(form.get("type", "")),
        "message": str(form.get("message", "")),
        "roi_names": tuple(name.strip() for name in names if name.strip()),
        "votes": int(votes) if votes.isdecimal() and len(votes) < 10 else 0 if votes else None,
        "thresholds": {
            label: typed(score) / 100 for label, score in zip(labels, scores, strict=False) if label or score
        },
    }


@router.get("")
def cameras_page(visit: Viewer) -> Response:
    """List the cameras, and when each was heard of last."""
    with visit.site.reading() as connection:
        return visit.page("cameras.html", cameras=cameras.cameras(connection, visit.sight))


@router.get("/{number}")
def camera_page(visit: Viewer, number: Number) -> Response:
    """Show the form of one camera."""
    return _form(visit, camera_of(visit, number))


@router.post("/{number}", dependencies=[SENT_BY_US])
def change(visit: Administrator, number: Number, given: dict[str, Any] = Depends(document)) -> Response:  # noqa: B008
    """Change what users say of a camera."""
    camera = camera_of(visit, number)
    try:
        with visit.site.writing() as connection:
            cameras.change_camera(connection, visit.someone.actor, number, **given)
    except ValueFault as fault:
        return _form(visit, camera, given, str(fault))
    return visit.go("/cameras")


def camera_of(visit: Visit, number: int) -> Camera:
    """Return a camera that the viewer may see; raise HTTPException 404 if there is none."""
    with visit.site.reading() as connection:
        found = cameras.camera(connection, visit.sight, number)
    if found is None:
        raise HTTPException(404)
    return found


def _form(visit: Visit, camera: Camera, given: Mapping[str, Any] | None = None, fault: str = "") -> Response:
    """Show the form with what is kept, or with what somebody typed."""
    kept = {name: getattr(camera, name) for name in (*TICKS, "type", "message", "roi_names", "votes", "thresholds")}
    with visit.site.reading() as connection:
        labels = models.choices(visit.site.settings, findings.labels(connection))
    shown = kept | dict(given or {})
    return visit.page(
        "camera.html",
        400 if fault else 200,
        camera=camera,
        shown=shown,
        rows=[*shown["thresholds"].items(), *[("", None)] * EMPTY_ROWS],
        labels=labels,
        fault=fault,
    )
