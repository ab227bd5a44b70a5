"""Cameras: what each is, and what is done with its images."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from imagehub.librarian.queries import cameras as catalog
from imagehub.librarian.web.api.caller import Caller, Reader, Writer
from imagehub.librarian.web.api.formats import Change, Id, Name, Score, Told
from imagehub.librarian.web.api.problems import found
from imagehub.librarian.web.api.subjects import CHANGED_SINCE, NO_SUCH, NOT_MODIFIED, subject
from imagehub.librarian.web.api.tags import IfMatch, check_unchanged

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = subject("cameras")


class Camera(Told):
    """A camera: one view of one node."""

    id: int
    node: str
    view: str
    name: str
    type: str
    display: bool
    check_objects: bool
    alpr: bool
    roi_names: list[str]
    message: str
    notifications: bool
    tiles: bool
    thresholds: dict[str, float]
    votes: int | None


class Cameras(Told):
    """The cameras that the caller may see, by name."""

    items: list[Camera]


class CameraChange(Change):
    """What users decide about a camera; what is left out stays as it is."""

    type: Annotated[str, Field(max_length=100, description="What the camera is.")] = ""
    display: Annotated[bool, Field(description="Show it on the wall.")] = True
    check_objects: Annotated[bool, Field(description="Look for objects in its images.")] = True
    alpr: Annotated[bool, Field(description="Read licence plates in its images.")] = True
    roi_names: Annotated[list[str], Field(default_factory=list, max_length=100, description="Names of its regions.")]
    message: Annotated[str, Field(max_length=1000, description="Goes with its notifications.")] = ""
    notifications: Annotated[bool, Field(description="Notify about what it sees.")] = True
    tiles: Annotated[bool, Field(description="Look at parts of its images too, for small and far objects.")] = False
    thresholds: Annotated[
        dict[Name, Score],
        Field(default_factory=dict, max_length=50, description="Least scores by label; others: as in the settings."),
    ]
    votes: Annotated[
        int | None,
        Field(ge=1, le=20, description="Images that must show an object before it counts; null: as in the settings."),
    ] = None


@router.get("")
def list_cameras(caller: Reader) -> Cameras:
    """List the cameras."""
    with caller.site.reading() as connection:
        return Cameras(items=[Camera.model_validate(row) for row in catalog.cameras(connection, caller.sight)])


@router.get("/{id:number}", responses=NO_SUCH | NOT_MODIFIED)
def get_camera(caller: Reader, id: Id) -> Camera:  # noqa: A002
    """Return one camera."""
    with caller.site.reading() as connection:
        return _camera(caller, connection, id)


@router.patch("/{id:number}", responses=NO_SUCH | CHANGED_SINCE)
def change_camera(caller: Writer, id: Id, change: CameraChange, if_match: IfMatch = None) -> Camera:  # noqa: A002
    """Change what is given, and leave the rest."""
    with caller.site.writing() as connection:
        before = _camera(caller, connection, id)
        check_unchanged(if_match, before)
        kept = before.model_dump(include=set(CameraChange.model_fields))
        catalog.change_camera(connection, caller.actor, id, **kept | change.given)
        return _camera(caller, connection, id)


def _camera(caller: Caller, connection: "Connection", id: int) -> Camera:  # noqa: A002
    return Camera.model_validate(found("camera", catalog.camera(connection, caller.sight, id)))
