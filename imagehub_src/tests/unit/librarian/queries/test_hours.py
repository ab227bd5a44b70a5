"""Hours of a day become spans of time."""

from datetime import date

import pytest

from imagehub.librarian.queries import hours
from imagehub.librarian.queries.faults import ValueFault

HOUR = 3_600_000_000


def test_hours_may_pass_midnight() -> None:
    """From 22 to 5 is seven hours, and eight in the night in which clocks are put back."""
    nights = hours.spans([date(2026, 10, 23), date(2026, 10, 24)], (22, 5), "Europe/Berlin")
    assert [(end - start) / HOUR for start, end in nights] == [7, 8]


def test_an_offset_is_a_zone_too() -> None:
    """As a browser without zone names gives it."""
    assert list(hours.spans([date(1970, 1, 1)], (2, 3), "+02:00")) == [(0, HOUR)]


@pytest.mark.parametrize(
    ("wanted", "zone"), [((24, 3), "UTC"), ((0, 25), "UTC"), ((1, 2), "../etc"), ((1, 2), "+99:00")]
)
def test_what_does_not_exist_is_refused(wanted: tuple[int, int], zone: str) -> None:
    """The fault names the field."""
    with pytest.raises(ValueFault, match=r"hours|zone"):
        list(hours.spans([date(2026, 1, 1)], wanted, zone))
