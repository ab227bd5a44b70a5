"""Whether a rule fires."""

from datetime import UTC
from typing import Any

import pytest

from happenings import HOUR, MINUTE, NOON, SECOND
from imagehub.librarian.rules.deciding import Cooldown, fits, fits_clock
from imagehub.librarian.rules.happening import Happening
from imagehub.librarian.rules.rule import When

DOOR = Happening("event", "", 7, NOON, "Door P1|Temp|21 C front door", "temperature", "Temp", 21.0)
CAR = Happening("plate", "", 7, NOON, "Barn P1|jpg|", name="AB-123 C", score=0.8)


@pytest.mark.parametrize(
    ("conditions", "what", "fires"),
    [
        ({}, DOOR, True),
        ({"cameras": (7, 9)}, DOOR, True),
        ({"cameras": (9,)}, DOOR, False),
        ({"event_kind": "temperature"}, DOOR, True),
        ({"event_kind": "motion"}, DOOR, False),
        ({"event_type": "temp"}, DOOR, True),
        ({"event_type": "Tem"}, DOOR, False),
        ({"above": 20.9}, DOOR, True),
        ({"above": 21.0}, DOOR, False),
        ({"below": 21.1}, DOOR, True),
        ({"below": 21.0}, DOOR, False),
        ({"region": "Front Door"}, DOOR, True),
        ({"region": "Fron"}, DOOR, False),
        ({"region": "P1"}, DOOR, False),  # the camera's name is no region
        ({"text": "NT DO"}, DOOR, True),
        ({"text": "back"}, DOOR, False),
        ({"plate": "ab123c"}, CAR, True),
        ({"plate": "AB*"}, CAR, True),
        ({"plate": "*12*"}, CAR, True),
        ({"plate": "AB"}, CAR, False),
        ({"plate": "AB.123C"}, CAR, False),
        ({"min_score": 0.8}, CAR, True),
        ({"min_score": 0.81}, CAR, False),
    ],
)
def test_each_condition_must_hold(conditions: dict[str, Any], what: Happening, fires: bool) -> None:
    """What is left out holds always."""
    assert fits(When(what.trigger, **conditions), what, UTC) is fires


def test_a_happening_of_another_trigger_does_not_fit() -> None:
    """A rule for images does not fire at events."""
    assert not fits(When("image"), DOOR, UTC)


def test_an_event_without_a_number_is_neither_above_nor_below() -> None:
    """Motion is not colder than 30 degrees."""
    moving = Happening("event", "", 7, NOON, "Barn P1|motion|moving", "motion", "motion")
    assert not fits(When("event", above=-1e9), moving, UTC)
    assert not fits(When("event", below=1e9), moving, UTC)


def test_a_label_fits_whole_and_in_any_case() -> None:
    """A cat is no caterpillar."""
    cat = Happening("object", "", 7, NOON, name="cat", score=0.5)
    assert fits(When("object", label="Cat"), cat, UTC)
    assert not fits(When("object", label="caterpillar"), cat, UTC)


@pytest.mark.parametrize(
    ("hours", "clock", "inside"),
    [
        (("09:00", "17:00"), 9 * HOUR, True),
        (("09:00", "17:00"), 17 * HOUR, False),
        (("09:00", "17:00"), 17 * HOUR - 1, True),
        (("22:00", "06:00"), 23 * HOUR, True),
        (("22:00", "06:00"), 5 * HOUR, True),
        (("22:00", "06:00"), 6 * HOUR, False),
        (("18:00", "00:00"), 18 * HOUR, True),
        (("18:00", "00:00"), 0, False),
    ],
)
def test_hours_begin_with_from_and_end_before_to(hours: tuple[str, str], clock: int, inside: bool) -> None:
    """Also past midnight."""
    assert fits_clock(When("image", hours=hours), NOON - 12 * HOUR + clock, UTC) is inside


def test_a_night_belongs_to_the_day_that_it_begins_on() -> None:
    """Friday's night lasts until Saturday morning; Saturday's has begun only at 22:00."""
    friday = When("image", hours=("22:00", "06:00"), weekdays=("fri",))
    assert fits_clock(friday, NOON - 13 * HOUR, UTC)
    assert fits_clock(friday, NOON - 7 * HOUR, UTC)
    assert not fits_clock(friday, NOON + 11 * HOUR, UTC)
    assert fits_clock(When("image", weekdays=("sat",)), NOON, UTC)


def test_a_rule_rests_for_each_camera_by_itself() -> None:
    """What it did before a restart counts."""
    cooldown = Cooldown(lambda rule, camera: NOON if (rule, camera) == (1, 7) else None)
    assert not cooldown.over(1, 7, NOON + MINUTE - 1, 60)
    assert cooldown.over(1, 7, NOON + MINUTE, 60)
    assert cooldown.over(1, 8, NOON, 60)
    cooldown.fired(1, 8, NOON)
    assert not cooldown.over(1, 8, NOON + SECOND, 60)
    assert cooldown.over(1, 8, NOON, 0)
