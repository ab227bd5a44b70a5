"""Rules: when to notify whom."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from imagehub.errors import ImagehubError
from imagehub.librarian import notify, rules
from imagehub.librarian.queries import cameras, events, findings
from imagehub.librarian.rules import Kept, RuleError
from imagehub.librarian.rules.reading import ALLOWED, CONDITIONS, WEEKDAYS
from imagehub.librarian.web import models, times
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.numbers import chosen as number_of
from imagehub.librarian.web.visit import SENT_BY_US, Administrator, Visit

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(prefix="/rules")
Text = Annotated[str, Form()]
WEEK_US = 7 * 86_400_000_000
MAX_ACTIONS = 3
# Fields that the form has as numbers, and what each is multiplied by.
NUMBERS = {"above": 1.0, "below": 1.0, "min_score": 0.01, "count": 1, "silent_minutes": 1, "free_bytes": 1_000_000_000}
NEW: dict[str, Any] = {
    "name": "",
    "enabled": True,
    "cooldown_seconds": 600,
    "conditions": {"trigger": "event"},
    "actions": [],
}


async def document(request: Request) -> dict[str, Any]:
    """Return the rule that a form tells, as `rules.read` takes it."""
    form = await request.form()
    trigger = str(form.get("trigger", ""))
    conditions: dict[str, Any] = {"trigger": trigger}
    for name in ALLOWED.get(trigger, ()):
        values = [str(value).strip() for value in form.getlist(name) if str(value).strip()]
        if values:
            conditions[name] = _condition(name, values)
    actions = [
        {"channel": str(channel), "target": str(target).strip()}
        for channel, target in zip(form.getlist("channel"), form.getlist("target"), strict=False)
        if str(target).strip()
    ]
    return {
        "name": str(form.get("name", "")).strip(),
        "enabled": "enabled" in form,
        "cooldown_seconds": _number(str(form.get("cooldown_minutes", "")), 60),
        "conditions": conditions,
        "actions": actions,
    }


def _condition(name: str, values: list[str]) -> Any:
    if CONDITIONS[name].items is not None:
        return [int(value) if value.isdecimal() and len(value) < 19 else value for value in values]
    return _number(values[0], NUMBERS[name]) if name in NUMBERS else values[0]


def _number(text: str, unit: float) -> float | str:
    """Return a number in the unit that rules have; a text that is none stays one, and is named as a fault."""
    try:
        value = float(text.replace(",", ".")) * unit
        return int(value) if value.is_integer() else value
    except (ValueError, OverflowError):
        return text


@router.get("")
def rules_page(visit: Administrator) -> Response:
    """List the rules."""
    with visit.site.reading() as connection:
        found, labels = rules.listed(connection), _labels(visit, connection)
    return visit.page("rules.html", rules=found, cameras=_names(visit), labels=labels)


@router.get("/new")
def new(visit: Administrator) -> Response:
    """Show the form of a rule that is not there yet."""
    return _form(visit, None, NEW)


@router.post("/new", dependencies=[SENT_BY_US])
def create(visit: Administrator, given: dict[str, Any] = Depends(document)) -> Response:  # noqa: B008
    """Add a rule."""
    try:
        with visit.site.writing() as connection:
            rules.create(connection, visit.someone.actor, rules.read(given))
    except RuleError as error:
        return _form(visit, None, given, error.faults)
    return visit.go("/rules")


@router.post("/try", dependencies=[SENT_BY_US])
def dry_run(visit: Administrator, given: dict[str, Any] = Depends(document)) -> Response:  # noqa: B008
    """Say how often a rule would have fired in the last seven days."""
    now = times.now_us()
    try:
        rule = rules.read(given | {"name": given["name"] or "a rule", "actions": [{"channel": "mqtt", "target": "x"}]})
    except RuleError as error:
        return visit.page("rule_tried.html", faults=error.faults, run=None)
    return visit.page("rule_tried.html", faults=[], run=rules.dry_run(visit.site.engine, rule, now - WEEK_US, now))


@router.post("/send", dependencies=[SENT_BY_US])
def send(visit: Administrator, given: dict[str, Any] = Depends(document)) -> Response:  # noqa: B008
    """Send a test message by each of a rule's actions, now."""
    told = []
    for action in given["actions"]:
        try:
            notify.CHECKS[action["channel"]](action["target"])
            notify.try_out(visit.site.channels, action["channel"], action["target"])
            told.append((action["channel"], ""))
        except (ImagehubError, ValueError, KeyError) as error:
            told.append((action["channel"], str(error)))
    return visit.page("rule_sent.html", told=told)


@router.post("/preset", dependencies=[SENT_BY_US])
def preset(
    visit: Administrator, camera: Text = "", label: Text = "", channel: Text = "", target: Text = ""
) -> Response:
    """Make the rule 'tell me when such an object is at this camera', and have the camera's images looked into."""
    number, name = next(iter(number_of(camera)), 0), label.strip()
    called = _names(visit).get(number)
    if called is None:
        raise HTTPException(404)
    given = NEW | {
        "name": f"{name} at {called}",
        "conditions": {"trigger": "object", "label": name, "cameras": [number]},
        "actions": [{"channel": channel, "target": target.strip()}],
    }
    try:
        with visit.site.writing() as connection:
            rules.create(connection, visit.someone.actor, rules.read(given))
            cameras.look_for_objects(connection, visit.someone.actor, number)
    except RuleError as error:
        return _form(visit, None, given, error.faults)
    return visit.go("/rules")


@router.get("/{number}")
def edit(visit: Administrator, number: Number) -> Response:
    """Show the form of a rule."""
    return _form(visit, number, rules.as_document(_kept(visit, number).rule))


@router.post("/{number}", dependencies=[SENT_BY_US])
def change(visit: Administrator, number: Number, given: dict[str, Any] = Depends(document)) -> Response:  # noqa: B008
    """Change a rule."""
    _kept(visit, number)
    try:
        with visit.site.writing() as connection:
            rules.change(connection, visit.someone.actor, number, rules.read(given))
    except RuleError as error:
        return _form(visit, number, given, error.faults)
    return visit.go("/rules")


@router.post("/{number}/remove", dependencies=[SENT_BY_US])
def remove(visit: Administrator, number: Number) -> Response:
    """Remove a rule; what it sent stays in the log."""
    _kept(visit, number)
    with visit.site.writing() as connection:
        rules.remove(connection, visit.someone.actor, number)
    return visit.go("/rules")


def _kept(visit: Visit, number: int) -> Kept:
    with visit.site.reading() as connection:
        found = rules.get(connection, number)
    if found is None:
        raise HTTPException(404)
    return found


def _form(visit: Visit, number: int | None, given: Mapping[str, Any], faults: list[str] | None = None) -> Response:
    with visit.site.reading() as connection:
        labels, zones = _labels(visit, connection), cameras.zones(connection)
    return visit.page(
        "rule.html",
        400 if faults else 200,
        number=number,
        rule=given,
        when=given["conditions"],
        faults=faults or [],
        cameras=_names(visit),
        labels=labels,
        zones=zones,
        triggers=tuple(ALLOWED),
        allowed={name: [trigger for trigger, names in ALLOWED.items() if name in names] for name in CONDITIONS},
        kinds=events.KINDS,
        weekdays=WEEKDAYS,
        channels=tuple(notify.CHECKS),
        actions=[*given["actions"], *[{"channel": "mail", "target": ""}] * MAX_ACTIONS][
            : max(MAX_ACTIONS, len(given["actions"]))
        ],
    )


def _labels(visit: Visit, connection: "Connection") -> list[str]:
    return models.choices(visit.site.settings, findings.labels(connection))


def _names(visit: Visit) -> dict[int, str]:
    with visit.site.reading() as connection:
        return cameras.names(connection, visit.sight)
