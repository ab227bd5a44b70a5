"""Rules: when to notify whom. Their targets may hold secrets, so that looking at them needs the scope `write`."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from imagehub.errors import MissingExtraError
from imagehub.librarian import notify
from imagehub.librarian import rules as catalog
from imagehub.librarian.web.api.caller import Writer
from imagehub.librarian.web.api.formats import Body, Change, GivenTime, Id, Kind, Time, Told
from imagehub.librarian.web.api.problems import Fault, ProblemError, found, invalid
from imagehub.librarian.web.api.subjects import CHANGED_SINCE, NO_SUCH, NOT_MODIFIED, refusals, subject
from imagehub.librarian.web.api.tags import IfMatch, check_unchanged

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = subject("rules")
Channel = Literal["mail", "apprise", "webhook", "mqtt"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["06:30"])]
Number = Annotated[float, Field(gt=-1e15, lt=1e15)]
NOT_SENT = refusals({502: "Nobody took the message; the answer says why."})


class Conditions(Body):
    """What must come together for a rule to fire; null, or left out, is no condition."""

    trigger: Literal["image", "event", "object", "plate", "silent", "disk"]
    cameras: Annotated[list[Id] | None, Field(max_length=1000)] = None
    region: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    event_kind: Kind | None = None
    event_type: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    above: Number | None = None
    below: Number | None = None
    text: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    label: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    count: Annotated[int | None, Field(ge=1, le=100, description="So many at once, at least.")] = None
    min_score: Annotated[float | None, Field(ge=0, le=1)] = None
    plate: Annotated[str | None, Field(min_length=1, max_length=32)] = None
    plate_status: Literal["known", "unknown", "watched"] | None = None
    hours: Annotated[list[Clock] | None, Field(min_length=2, max_length=2, description="From, to.")] = None
    weekdays: Annotated[list[Weekday] | None, Field(max_length=7)] = None
    silent_minutes: Annotated[int | None, Field(ge=1, le=525_600)] = None
    free_bytes: Annotated[int | None, Field(ge=1, le=1 << 60)] = None


class Action(Body):
    """What a rule does when it fires: it sends to `target` by `channel`."""

    channel: Channel
    target: Annotated[str, Field(min_length=1, max_length=1000)]


RuleName = Annotated[str, Field(min_length=1, max_length=100)]
Cooldown = Annotated[int, Field(ge=0, le=604_800, description="It fires once in so many seconds for each camera.")]
Actions = Annotated[list[Action], Field(min_length=1, max_length=10)]


class NewRule(Body):
    """A rule to make, or to try on the past."""

    name: RuleName
    enabled: bool = True
    cooldown_seconds: Cooldown = 300
    conditions: Conditions
    actions: Actions


class RuleChange(Change):
    """What is changed about a rule; what is left out stays, `conditions` and `actions` are replaced as a whole."""

    name: RuleName = ""
    enabled: bool = True
    cooldown_seconds: Cooldown = 0
    conditions: Conditions = Conditions(trigger="image")
    actions: Annotated[Actions, Field(default_factory=list)]


class Rule(Told):
    """A rule."""

    id: int
    name: str
    enabled: bool
    cooldown_seconds: int
    conditions: Conditions
    actions: list[Action]
    created: Time


class Rules(Told):
    """The rules, by name."""

    items: list[Rule]


class Rehearsal(Body):
    """A rule, and the span of the past that it is tried on."""

    rule: NewRule
    start: GivenTime
    end: GivenTime


class Example(Told):
    """One time that the rule would have fired."""

    time: Time = Field(validation_alias="time_us")
    camera_id: int
    camera: str
    image_id: int | None
    event_id: int | None
    text: str


class DryRun(Told):
    """How often the rule would have fired, and the first few times of it; `note` says what was left out."""

    count: int
    examples: list[Example]
    note: str


@router.get("")
def list_rules(caller: Writer) -> Rules:
    """List the rules."""
    with caller.site.reading() as connection:
        return Rules(items=[_told(kept) for kept in catalog.listed(connection)])


@router.post("", status_code=201)
def add_rule(caller: Writer, new: NewRule) -> Rule:
    """Make a rule."""
    rule = _read(new.model_dump())
    with caller.site.writing() as connection:
        try:
            number = catalog.create(connection, caller.actor, rule)
        except catalog.RuleError as error:
            raise _problem(error) from None
        return _rule(connection, number)


@router.post("/dry-run")
def try_rule(caller: Writer, rehearsal: Rehearsal) -> DryRun:
    """Say how often a rule would have fired in the past; nothing is sent and nothing kept."""
    rule = _read(rehearsal.rule.model_dump(), "rule.")
    if rehearsal.end <= rehearsal.start:
        raise invalid("body.end", "comes before the start; give a later one")
    return DryRun.model_validate(catalog.dry_run(caller.site.engine, rule, rehearsal.start, rehearsal.end))


@router.post("/test", status_code=204, responses=NOT_SENT)
def test_action(caller: Writer, action: Action) -> None:
    """Send a test message now."""
    try:
        notify.CHECKS[action.channel](action.target)
    except ValueError as error:
        raise invalid("body.target", str(error)) from None
    try:
        notify.try_out(caller.site.channels, action.channel, action.target)
    except (notify.NotSentError, MissingExtraError) as error:
        raise ProblemError(502, str(error)) from None


@router.get("/{id:number}", responses=NO_SUCH | NOT_MODIFIED)
def get_rule(caller: Writer, id: Id) -> Rule:  # noqa: A002
    """Return one rule."""
    with caller.site.reading() as connection:
        return _rule(connection, id)


@router.patch("/{id:number}", responses=NO_SUCH | CHANGED_SINCE)
def change_rule(caller: Writer, id: Id, change: RuleChange, if_match: IfMatch = None) -> Rule:  # noqa: A002
    """Change what is given, and leave the rest."""
    with caller.site.writing() as connection:
        before = _rule(connection, id)
        check_unchanged(if_match, before)
        rule = _read(before.model_dump(exclude={"id", "created"}) | change.given)
        try:
            catalog.change(connection, caller.actor, id, rule)
        except catalog.RuleError as error:
            raise _problem(error) from None
        return _rule(connection, id)


@router.delete("/{id:number}", status_code=204, responses=NO_SUCH)
def remove_rule(caller: Writer, id: Id) -> None:  # noqa: A002
    """Remove a rule; what it sent stays in the list of notifications."""
    with caller.site.writing() as connection:
        found("rule", catalog.remove(connection, caller.actor, id) or None)


def _read(document: dict[str, Any], prefix: str = "") -> catalog.Rule:
    given = {name: value for name, value in document["conditions"].items() if value is not None}
    try:
        return catalog.read(document | {"conditions": given})
    except catalog.RuleError as error:
        raise _problem(error, prefix) from None


def _problem(error: catalog.RuleError, prefix: str = "") -> ProblemError:
    faults = [fault.partition(": ") for fault in error.faults]
    return ProblemError(
        422,
        "; ".join(error.faults),
        [Fault(field=f"body.{prefix}{field}", detail=text) for field, _, text in faults],
    )


def _rule(connection: "Connection", id: int) -> Rule:  # noqa: A002
    return _told(found("rule", catalog.get(connection, id)))


def _told(kept: catalog.Kept) -> Rule:
    return Rule.model_validate(catalog.as_document(kept.rule) | {"id": kept.id, "created": kept.created_us})
