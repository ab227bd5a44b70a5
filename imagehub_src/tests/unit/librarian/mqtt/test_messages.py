"""What is said of a camera is right, and fit for those who read it."""

from dataclasses import replace
from datetime import datetime

import pytest

from imagehub.librarian.mqtt import messages
from imagehub.librarian.mqtt.news import Camera, Happening, Picture, Reading

NOON = datetime(2026, 11, 21, 12).astimezone()
NOW = round(NOON.timestamp() * messages.SECOND)
CAMERA = Camera(1, "Barn", "P1", "", Picture(7, NOW, "images/x"), {}, NOW, "2026-11-21", 3, 4)


def test_the_state_counts_today() -> None:
    """Counts of an earlier day are not today's."""
    said = messages.state(CAMERA, NOW)
    assert (said["images_today"], said["events_today"], said["last_image_id"]) == (3, 4, 7)
    said = messages.state(CAMERA, NOW + 86400 * messages.SECOND)
    assert (said["images_today"], said["events_today"]) == (0, 0)


def test_a_camera_that_sends_nothing_for_long_is_silent() -> None:
    """As is one that never sent anything."""
    later = NOW + (messages.SILENT_SECONDS + 1) * messages.SECOND
    states = [messages.state(CAMERA, at)["status"] for at in (NOW, later)]
    assert states == ["online", "silent"]
    empty = messages.state(replace(CAMERA, picture=None, seen_us=None, day=""), NOW)
    assert (empty["status"], empty["last_image"], empty["last_seen"]) == ("silent", None, None)


def test_times_are_in_utc() -> None:
    """As ISO 8601 with its offset, which is what Home Assistant's timestamps need."""
    said = messages.state(CAMERA, NOW)["last_image"]
    assert said.endswith("+00:00")
    assert datetime.fromisoformat(said) == NOON


@pytest.mark.parametrize(
    ("kind", "rest", "value", "payload"),
    [
        ("temperature", "74 F", 74.0, b"74"),
        ("temperature", "-3.5 C", -3.5, b"-3.5"),
        ("humidity", "55 %", 55.0, b"55"),
        ("light", "dark", None, b"dark"),
        ("motion", "moving", None, b"ON"),
        ("motion", "motion detected", None, b"ON"),
        ("motion", "still", None, b"OFF"),
    ],
)
def test_a_reading_is_a_number_or_a_word(kind: str, rest: str, value: float | None, payload: bytes) -> None:
    """Motion is on or off."""
    assert messages.reading(kind, Reading(NOW, f"Barn P1|{kind}|{rest}", value), NOW) == payload


def test_motion_ends() -> None:
    """A minute after the last event that tells of it: many sensors never say `still`."""
    seen = Reading(NOW, "Barn P1|motion|moving", None)
    assert messages.reading("motion", seen, NOW + 59 * messages.SECOND) == b"ON"
    assert messages.reading("motion", seen, NOW + 60 * messages.SECOND) == b"OFF"


def test_no_reading_is_an_empty_payload() -> None:
    """Which takes a retained one away."""
    assert messages.reading("temperature", None, NOW) == b""


@pytest.mark.parametrize(
    ("kind", "rest", "unit"),
    [
        ("temperature", "74 F", "°F"),
        ("temperature", "21.5 C", "°C"),
        ("temperature", "21.5°c", "°C"),
        ("temperature", "21.5", None),
        ("temperature", "21 Fathoms", None),
        ("humidity", "55", "%"),
        ("light", "300 lux", "lx"),
        ("light", "dark", None),
        ("motion", "moving", None),
    ],
)
def test_the_unit_is_the_texts(kind: str, rest: str, unit: str | None) -> None:
    """None where the text does not tell."""
    assert messages.unit(kind, Reading(NOW, f"Barn P1|Temp|{rest}", None)) == unit


def test_an_event_says_who_what_and_when() -> None:
    """Its text is that of the sender."""
    said = messages.event(Happening(9, NOW, "Barn", "P1", "temperature", "Temp", 74.0, "Barn P1|Temp|74 F"))
    assert said | {"time": ""} == {
        "id": 9, "time": "", "node": "Barn", "view": "P1", "kind": "temperature", "type": "Temp", "value": 74,
        "text": "Barn P1|Temp|74 F",
    }  # fmt: skip
