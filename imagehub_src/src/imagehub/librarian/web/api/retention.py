"""Retention: how long images are kept, and what goes next."""

from typing import Annotated, Literal

from pydantic import Field

from imagehub.librarian import retention as catalog
from imagehub.librarian.retention.policy import MAX_KEEP_BYTES, MAX_KEEP_DAYS
from imagehub.librarian.web.api.caller import Overseer, Writer
from imagehub.librarian.web.api.formats import Body, Day, Id, Time, Told
from imagehub.librarian.web.api.problems import found
from imagehub.librarian.web.api.subjects import NO_SUCH, subject

router = subject("retention")
DayClass = Literal["any", "eventful", "quiet"]


class Policy(Told):
    """What holds for a camera, or for all (null), and a class of days: days to keep, bytes at most."""

    id: int
    camera_id: int | None
    day_class: DayClass
    keep_days: int | None
    keep_bytes: int | None


class Policies(Told):
    """The policies: those for all cameras first."""

    items: list[Policy]


class NewPolicy(Body):
    """A policy, in place of that for the same camera and class of days; `keep_days` or `keep_bytes` is needed."""

    camera_id: Annotated[Id | None, Field(description="Null: all cameras.")] = None
    day_class: DayClass = "any"
    keep_days: Annotated[int | None, Field(ge=1, le=MAX_KEEP_DAYS)] = None
    keep_bytes: Annotated[int | None, Field(ge=1, le=MAX_KEEP_BYTES)] = None


class Going(Told):
    """Images of one camera and day that go; with `until`, those up to that time only."""

    day: Day
    camera_id: int
    images: int
    bytes: int
    reason: str
    until: Time | None = Field(validation_alias="until_us")


class Plan(Told):
    """What goes if retention runs now, the disk, and in how many days it is full; null: not within ten years."""

    images: int
    bytes: int
    going: list[Going]
    free_bytes: int
    total_bytes: int
    bytes_a_day: int
    days_left: int | None
    days_left_without_policies: int | None


@router.get("/policies")
def list_policies(caller: Overseer) -> Policies:
    """List the policies."""
    with caller.site.reading() as connection:
        return Policies(items=[Policy.model_validate(policy) for policy in catalog.policies(connection)])


@router.put("/policies")
def set_policy(caller: Writer, new: NewPolicy) -> Policy:
    """Set what holds for a camera and a class of days."""
    with caller.site.writing() as connection:
        number = catalog.set_policy(connection, caller.actor, **new.model_dump())
        made = next(policy for policy in catalog.policies(connection) if policy.id == number)
    return Policy.model_validate(made)


@router.delete("/policies/{id:number}", status_code=204, responses=NO_SUCH)
def remove_policy(caller: Writer, id: Id) -> None:  # noqa: A002
    """Remove a policy."""
    with caller.site.writing() as connection:
        found("policy", next((policy for policy in catalog.policies(connection) if policy.id == id), None))
        catalog.remove_policy(connection, caller.actor, id)


@router.get("/plan")
def get_plan(caller: Overseer) -> Plan:
    """Return what goes next and how long the disk lasts; nothing is deleted."""
    settings = caller.site.settings
    with caller.site.reading() as connection:
        plan = catalog.plan(connection, settings.hub_directory, catalog.local_time(), settings.retention.min_free_bytes)
    return Plan.model_validate(plan)
