"""How lines of a colony's log look on a terminal."""

from datetime import datetime

import pytest

from imagehub.colony.showing import short

WHEN = datetime(2026, 2, 2, 14, 40).astimezone().isoformat(timespec="milliseconds")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("left INFO armed for NAME", "14:40:00 left: armed for NAME"),
        ("conductor INFO left: clock +0.1 ms", "14:40:00 left: clock +0.1 ms"),
        ("left WARNING hot", "14:40:00 WARNING left: hot"),
    ],
)
def test_a_line_has_the_time_of_the_place_and_what_is_not_usual(line: str, expected: str) -> None:
    """The file has all of it."""
    assert short(f"{WHEN} {line}") == expected
