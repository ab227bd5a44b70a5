"""Rules as documents, such as JSON has them: reading tells all faults by the names of their fields."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from imagehub.kinds import CLOCK, TRUTH, Kind, list_of, one_of, whole
from imagehub.librarian import notify
from imagehub.librarian.readings import KINDS
from imagehub.librarian.rules.rule import Action, Rule, RuleError, When

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_ACTIONS = 10


def _text(size: int) -> Kind:
    return Kind(
        f"text of at most {size} characters",
        lambda value: isinstance(value, str) and bool(value.strip()) and len(value) <= size and value.isprintable(),
    )


NUMBER = Kind("number", lambda value: type(value) in {int, float} and abs(value) < 1e15)
CONDITIONS: dict[str, Kind] = {
    "cameras": list_of(whole(1, (1 << 63) - 1)),
    "region": _text(100),
    "event_kind": one_of(*sorted({*KINDS.values(), "other"})),
    "event_type": _text(100),
    "above": NUMBER,
    "below": NUMBER,
    "text": _text(200),
    "label": _text(100),
    "min_score": Kind("number from 0 to 1", lambda value: type(value) in {int, float} and 0 <= value <= 1),
    "count": whole(1, 100),
    "plate": _text(32),
    "plate_status": one_of("known", "unknown", "watched"),
    "hours": list_of(CLOCK),
    "weekdays": list_of(one_of(*WEEKDAYS)),
    "silent_minutes": whole(1, 525_600),
    "free_bytes": whole(1, 1 << 60),
}
CLOCKS = {"hours", "weekdays"}
ALLOWED: dict[str, set[str]] = {
    "image": CLOCKS | {"cameras", "region", "text"},
    "event": CLOCKS | {"cameras", "region", "text", "event_kind", "event_type", "above", "below"},
    "object": CLOCKS | {"cameras", "region", "label", "count", "min_score"},
    "plate": CLOCKS | {"cameras", "region", "plate", "plate_status", "min_score"},
    "silent": CLOCKS | {"cameras", "silent_minutes"},
    "disk": CLOCKS | {"free_bytes"},
}
NEEDED = {"silent": "silent_minutes", "disk": "free_bytes"}
FIELDS: dict[str, Kind] = {
    "name": _text(100),
    "enabled": TRUTH,
    "cooldown_seconds": whole(0, 7 * 86_400),
}


def as_document(rule: Rule) -> dict[str, Any]:
    """Return a rule as `read` takes it; what is no condition is left out."""
    conditions = {name: value for name, value in asdict(rule.when).items() if value not in ((), "", None)}
    if not rule.when.min_score:
        conditions.pop("min_score")
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in conditions.items()}
    actions = [asdict(action) for action in rule.actions]
    return {name: getattr(rule, name) for name in FIELDS} | {"conditions": listed, "actions": actions}


def read(document: object) -> Rule:
    """Read a rule: `name`, `enabled`, `cooldown_seconds`, `conditions` and `actions`.

    Raises:
        RuleError: with all faults, such as `conditions.hours[1]: expected time of day ...`.
    """
    faults: list[str] = []
    entries = _entries(document, "the rule", {*FIELDS, "conditions", "actions"}, faults)
    values = {name: _value(entries.get(name), name, kind, faults) for name, kind in FIELDS.items()}
    when = _when(entries.get("conditions"), faults)
    actions = _actions(entries.get("actions"), faults)
    if faults:
        raise RuleError(faults)
    return Rule(when=when, actions=actions, **values)


def _entries(document: object, path: str, known: set[str], faults: list[str]) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        faults.append(f"{path}: expected an object with names and values")
        return {}
    prefix = "" if path == "the rule" else f"{path}."
    faults += [f"{prefix}{name}: unknown here" for name in document if name not in known]
    return document


def _value(value: Any, path: str, kind: Kind, faults: list[str]) -> Any:
    if kind.items is not None and isinstance(value, list | tuple):
        return tuple(_value(item, f"{path}[{at}]", kind.items, faults) for at, item in enumerate(value))
    if not kind.fits(value):
        faults.append(f"{path}: expected {kind.expected}")
    return value


def _when(document: object, faults: list[str]) -> When:
    trigger = document.get("trigger") if isinstance(document, Mapping) else None
    if not isinstance(trigger, str) or trigger not in ALLOWED:
        faults.append(f"conditions.trigger: expected {one_of(*ALLOWED).expected}")
        return When("")
    entries = _entries(document, "conditions", {"trigger"} | ALLOWED[trigger], faults)
    before = len(faults)
    values = {
        name: _value(entries[name], f"conditions.{name}", kind, faults)
        for name, kind in CONDITIONS.items()
        if name in entries and name in ALLOWED[trigger]
    }
    when = When(trigger, **values)
    if len(faults) == before:
        faults += _together(when)
    return when


def _together(when: When) -> Iterator[str]:
    needed = NEEDED.get(when.trigger)
    if needed and getattr(when, needed) is None:
        yield f"conditions.{needed}: the trigger {when.trigger} needs it"
    if when.hours and (len(when.hours) != 2 or when.hours[0] == when.hours[-1]):
        yield "conditions.hours: expected two times of day, from and to, that differ"
    if when.above is not None and when.below is not None and when.above >= when.below:
        yield "conditions.above: no number is above this and below the other; make it less than below"


def _actions(document: object, faults: list[str]) -> tuple[Action, ...]:
    if not isinstance(document, list | tuple) or not 1 <= len(document) <= MAX_ACTIONS:
        faults.append(f"actions: expected a list of 1 to {MAX_ACTIONS} actions")
        return ()
    return tuple(_action(item, f"actions[{at}]", faults) for at, item in enumerate(document))


def _action(document: object, path: str, faults: list[str]) -> Action:
    entries = _entries(document, path, {"channel", "target"}, faults)
    channel, target = entries.get("channel"), entries.get("target")
    kinds = {"channel": one_of(*notify.CHECKS), "target": _text(1000)}
    before = len(faults)
    for name, kind in kinds.items():
        _value(entries.get(name), f"{path}.{name}", kind, faults)
    if len(faults) > before:
        return Action("", "")
    try:
        notify.CHECKS[str(channel)](str(target))
    except ValueError as error:
        faults.append(f"{path}.target: {error}")
    return Action(str(channel), str(target))
