"""Regions of a camera's picture: zones that rules name, and parts where nothing is looked for."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from imagehub.librarian.queries import findings, images
from imagehub.librarian.queries.cameras import Camera
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.queries.images import Filters
from imagehub.librarian.vision import regions
from imagehub.librarian.vision.regions import USES, Region
from imagehub.librarian.web.numbers import Number, typed
from imagehub.librarian.web.pages.cameras import camera_of
from imagehub.librarian.web.visit import SENT_BY_US, Administrator, Viewer, Visit

router = APIRouter(prefix="/cameras/{number}/regions")
# How many finds are shown over the picture.
LATELY = 40


async def document(request: Request) -> list[Region]:
    """Return the regions that a form tells; one without name and corners is none."""
    form = await request.form()
    fields = ([str(value).strip() for value in form.getlist(name)] for name in ("name", "use", "corners"))
    return [Region(name, use, _corners(text)) for name, use, text in zip(*fields, strict=False) if name or text]


def _corners(text: str) -> tuple[tuple[float, float], ...]:
    """Return corners that are typed as percent of width and height, a corner on each line; what is none is `nan`."""
    lines = (line.replace(";", " ").split() for line in text.splitlines() if line.strip())
    return tuple((typed(x) / 100, typed(y) / 100) for x, y in ((*line, "", "")[:2] for line in lines))


@router.get("")
def regions_page(visit: Viewer, number: Number) -> Response:
    """Show a camera's regions over its latest picture, with what was found there lately."""
    camera = camera_of(visit, number)
    with visit.site.reading() as connection:
        return _page(visit, camera, regions.of_camera(connection, number))


@router.post("", dependencies=[SENT_BY_US])
def change(visit: Administrator, number: Number, given: list[Region] = Depends(document)) -> Response:  # noqa: B008
    """Give a camera these regions instead of those that it has."""
    camera = camera_of(visit, number)
    try:
        with visit.site.writing() as connection:
            regions.change(connection, visit.someone.actor, number, given)
    except ValueFault as fault:
        return _page(visit, camera, given, fault.text)
    return visit.go(f"/cameras/{number}")


def _page(visit: Visit, camera: Camera, shown: Sequence[Region], fault: str = "") -> Response:
    with visit.site.reading() as connection:
        latest = images.search(connection, visit.sight, Filters(camera_ids=(camera.id,)), None, 1).items
        found = findings.search(connection, visit.sight, (), (camera.id,), None, None, None, LATELY).items
    return visit.page(
        "regions.html",
        400 if fault else 200,
        camera=camera,
        regions=shown,
        uses=USES,
        image=latest[0] if latest else None,
        found=found,
        fault=fault,
    )
