"""Regions of a camera's picture: zones that rules name, and parts where nothing is looked for."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from imagehub.librarian.queries import cameras
from imagehub.librarian.vision import regions as catalog
from imagehub.librarian.web.api.caller import Caller, Reader, Writer
from imagehub.librarian.web.api.formats import Body, Id, Name, Told
from imagehub.librarian.web.api.problems import found
from imagehub.librarian.web.api.subjects import CHANGED_SINCE, NO_SUCH, NOT_MODIFIED, subject
from imagehub.librarian.web.api.tags import IfMatch, check_unchanged

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = subject("cameras")
Share = Annotated[float, Field(ge=0, le=1)]
Corner = Annotated[list[Share], Field(min_length=2, max_length=2, examples=[[0.25, 0.5]])]
Use = Literal["zone", "ignore"]


class Region(Told):
    """A part of a camera's picture; corners are [x, y], from 0 to 1 of its width and height."""

    name: str
    use: Use
    polygon: list[tuple[float, float]]


class Regions(Told):
    """The regions of a camera, by name."""

    items: list[Region]


class NewRegion(Body):
    """A `zone` that rules name, or a part of the picture to `ignore`."""

    name: Name
    use: Use = "zone"
    polygon: Annotated[list[Corner], Field(min_length=3, max_length=100)]


class NewRegions(Body):
    """All regions of a camera: those that it has are gone."""

    items: Annotated[list[NewRegion], Field(max_length=50)]


@router.get("/{id:number}/regions", responses=NO_SUCH | NOT_MODIFIED)
def get_regions(caller: Reader, id: Id) -> Regions:  # noqa: A002
    """Return the regions of a camera's picture."""
    with caller.site.reading() as connection:
        return _regions(caller, connection, id)


@router.put("/{id:number}/regions", responses=NO_SUCH | CHANGED_SINCE)
def set_regions(caller: Writer, id: Id, new: NewRegions, if_match: IfMatch = None) -> Regions:  # noqa: A002
    """Give a camera these regions instead of those that it has."""
    wanted = [catalog.Region(one.name, one.use, tuple((x, y) for x, y in one.polygon)) for one in new.items]
    with caller.site.writing() as connection:
        check_unchanged(if_match, _regions(caller, connection, id))
        catalog.change(connection, caller.actor, id, wanted)
        return _regions(caller, connection, id)


def _regions(caller: Caller, connection: "Connection", id: int) -> Regions:  # noqa: A002
    found("camera", cameras.camera(connection, caller.sight, id))
    return Regions(items=[Region.model_validate(one) for one in catalog.of_camera(connection, id)])
