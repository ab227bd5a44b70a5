"""The names of a recording, from what was given, from the settings, and from the clock."""

from datetime import datetime
from pathlib import Path

import pytest

from imagehub.colony.conductor import plans
from imagehub.colony.settings_reading import parse

NOW = datetime(2026, 1, 31, 12, 0, 0)  # noqa: DTZ001 - names of files are in the time of the place


def named(general: str = "", **given: str) -> tuple[str, str, str]:
    """Return name, group and time."""
    settings = parse(f"[general]\n{general}\n[controllers]\n[[left]]\naddress = 10.0.0.2\n", Path("/x.config"))
    found = plans.acquisition(settings, given, NOW)
    return found.name, found.group, found.time


@pytest.mark.parametrize(
    ("general", "given", "expected"),
    [
        ("acquisition_name = 'mouse'", {}, ("mouse", "", "20260131_120000")),
        ("acquisition_name = 'm__one'", {}, ("m__one", "m", "20260131_120000")),
        ("acquisition_name = 'm__one'\nacquisition_group = 'g'", {}, ("m__one", "g", "20260131_120000")),
        ("acquisition_name = 'm__one'", {"name": "k__two"}, ("k__two", "k", "20260131_120000")),
        ("acquisition_time = 20260130_100000", {"name": "a", "group": "b"}, ("a", "b", "20260130_100000")),
        ("acquisition_time = 'x'", {"name": "a", "time": "y"}, ("a", "", "y")),
    ],
)
def test_what_is_given_goes_before_the_settings(
    general: str, given: dict[str, str], expected: tuple[str, str, str]
) -> None:
    """The group is in the name unless it is given; the dummy time is the present."""
    assert named(general, **given) == expected


def test_a_group_is_a_folder_above() -> None:
    """Without one there is none."""
    assert plans.Acquisition("a", "", "t").folder(Path("/s")) == Path("/s/a")
    assert plans.Acquisition("a", "g", "t").folder(Path("/s")) == Path("/s/g/a")
