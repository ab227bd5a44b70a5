"""A rule is read strictly, and each fault is named by its field."""

from typing import Any

import pytest

from imagehub.librarian import rules
from imagehub.librarian.rules import RuleError, When

MAIL = {"channel": "mail", "target": "ann@example.org"}
GOOD: dict[str, Any] = {
    "name": "Gate at night",
    "enabled": True,
    "cooldown_seconds": 600,
    "conditions": {
        "trigger": "event",
        "cameras": [1, 2],
        "event_kind": "temperature",
        "above": 30.5,
        "hours": ["22:00", "06:00"],
        "weekdays": ["mon", "sun"],
    },
    "actions": [MAIL, {"channel": "mqtt", "target": "home/alarm"}],
}


def test_what_is_written_is_read_again() -> None:
    """A rule's document is the one that it was read from."""
    assert rules.as_document(rules.read(GOOD)) == GOOD


def test_what_is_left_out_is_no_condition() -> None:
    """Only the trigger is needed."""
    assert rules.read(GOOD | {"conditions": {"trigger": "image"}}).when == When("image")


@pytest.mark.parametrize(
    ("conditions", "fault"),
    [
        ({"trigger": "ring"}, "conditions.trigger: expected image, event, object, plate, silent or disk"),
        ({"trigger": "image", "plate": "AB"}, "conditions.plate: unknown here"),
        ({"trigger": "image", "hours": ["25:00", "06:00"]}, "conditions.hours[0]: expected time of day"),
        ({"trigger": "image", "hours": ["06:00"]}, "conditions.hours: expected two times of day"),
        ({"trigger": "image", "hours": ["06:00", "06:00"]}, "conditions.hours: expected two times of day"),
        ({"trigger": "image", "hours": "night"}, "conditions.hours: expected list"),
        ({"trigger": "image", "weekdays": ["Monday"]}, "conditions.weekdays[0]: expected mon, tue"),
        ({"trigger": "image", "cameras": [True]}, "conditions.cameras[0]: expected whole number"),
        ({"trigger": "image", "region": ""}, "conditions.region: expected text"),
        ({"trigger": "event", "above": "3"}, "conditions.above: expected number"),
        ({"trigger": "event", "above": 3, "below": 3}, "conditions.above: no number is above"),
        ({"trigger": "object", "min_score": 2}, "conditions.min_score: expected number from 0 to 1"),
        ({"trigger": "silent"}, "conditions.silent_minutes: the trigger silent needs it"),
        ({"trigger": "disk"}, "conditions.free_bytes: the trigger disk needs it"),
        ("image", "conditions.trigger: expected"),
    ],
)
def test_faults_of_conditions_are_named(conditions: object, fault: str) -> None:
    """One line says where and what is expected."""
    with pytest.raises(RuleError) as caught:
        rules.read(GOOD | {"conditions": conditions})
    assert [line[: len(fault)] for line in caught.value.faults] == [fault]


@pytest.mark.parametrize(
    ("actions", "fault"),
    [
        ([], "actions: expected a list"),
        ([MAIL] * 11, "actions: expected a list"),
        (["mail"], "actions[0]: expected an object"),
        ([MAIL | {"channel": "pigeon"}], "actions[0].channel: expected"),
        ([MAIL | {"target": "ann"}], "actions[0].target: expected addresses"),
        ([MAIL | {"target": "a@b.c\r\nBcc: d@e.f"}], "actions[0].target: expected text"),
        ([{"channel": "webhook", "target": "file:///etc/passwd"}], "actions[0].target: expected an address"),
        ([{"channel": "mqtt", "target": "home/#"}], "actions[0].target: expected an MQTT topic"),
        ([{"channel": "apprise", "target": "pigeon://x"}], "actions[0].target: expected a URL that Apprise knows"),
        ([MAIL | {"when": 1}], "actions[0].when: unknown here"),
    ],
)
def test_faults_of_actions_are_named(actions: object, fault: str) -> None:
    """Targets are checked by the channel that has to reach them."""
    with pytest.raises(RuleError) as caught:
        rules.read(GOOD | {"actions": actions})
    assert caught.value.faults[0].startswith(fault)


def test_all_faults_are_told_at_once() -> None:
    """In the order of the form."""
    with pytest.raises(RuleError) as caught:
        rules.read({"name": " ", "enabled": 1, "cooldown_seconds": -1, "conditions": {}, "actions": None, "more": 1})
    fields = ["more", "name", "enabled", "cooldown_seconds", "conditions.trigger", "actions"]
    assert [line.partition(":")[0] for line in caught.value.faults] == fields


@pytest.mark.parametrize("document", [None, 3, [], "rule"])
def test_what_is_no_object_is_no_rule(document: object) -> None:
    """Whatever a client sends is answered with faults."""
    with pytest.raises(RuleError, match="the rule: expected an object"):
        rules.read(document)
