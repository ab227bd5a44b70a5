"""Events are of a kind, and what was measured is a number."""

import pytest

from imagehub.librarian import readings


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Barn P1|motion|moving", "motion", None),
        ("Barn P1|Temp|71 F", "temperature", 71.0),
        ("Barn2 P1|temperature|-3.5 C", "temperature", -3.5),
        ("Barn|Humidity|44 %", "humidity", 44.0),
        ("Barn|light|dark", "light", None),
        ("Barn|Restart|", "restart", None),
        ("Barn|flowing 3", "other", None),
    ],
)
def test_reads_kind_and_number(text: str, kind: str, value: float | None) -> None:
    """The type word gives the kind; a digit of the camera's name is no reading."""
    assert readings.read(text.split("|")[1], text) == (kind, value)
