"""Holds: spans of time whose images and events retention leaves alone."""

from typing import Annotated

from pydantic import Field

from imagehub.librarian import retention as catalog
from imagehub.librarian.web.api.caller import Reader, Writer
from imagehub.librarian.web.api.formats import Body, GivenTime, Id, Text, Time, Told
from imagehub.librarian.web.api.problems import found
from imagehub.librarian.web.api.subjects import NO_SUCH, subject

router = subject("holds")


class Hold(Told):
    """A span of time of one camera, or of all (null), that is held; its end does not belong to it."""

    id: int
    camera_id: int | None
    start: Time = Field(validation_alias="start_us")
    end: Time = Field(validation_alias="end_us")
    reason: str
    actor: str
    created: Time = Field(validation_alias="created_us")


class Holds(Told):
    """The holds that concern the caller's cameras, newest first."""

    items: list[Hold]


class NewHold(Body):
    """A span of time to hold."""

    camera_id: Annotated[Id | None, Field(description="Null: all cameras.")] = None
    start: Annotated[GivenTime, Field(description="From this time on.")]
    end: Annotated[GivenTime, Field(description="Before this time.")]
    reason: Annotated[Text, Field(max_length=200)] = ""


@router.get("")
def list_holds(caller: Reader) -> Holds:
    """List the spans that are held."""
    with caller.site.reading() as connection:
        return Holds(items=[Hold.model_validate(hold) for hold in catalog.holds(connection, caller.sight)])


@router.post("", status_code=201)
def add_hold(caller: Writer, new: NewHold) -> Hold:
    """Hold a span."""
    with caller.site.writing() as connection:
        number = catalog.hold_span(connection, caller.actor, new.camera_id, new.start, new.end, new.reason)
        made = next(hold for hold in catalog.holds(connection) if hold.id == number)
    return Hold.model_validate(made)


@router.delete("/{id:number}", status_code=204, responses=NO_SUCH)
def release_hold(caller: Writer, id: Id) -> None:  # noqa: A002
    """End a hold."""
    with caller.site.writing() as connection:
        found("hold", next((hold for hold in catalog.holds(connection) if hold.id == id), None))
        catalog.release(connection, caller.actor, id)
