"""Times of the day are read in both notations, and a doubtful one is none."""

import pytest

from imagehub.node.settings import times


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("(11pm-5am)", (23 * 60, 5 * 60)),
        ("11pm-5am", (23 * 60, 5 * 60)),
        ("(11:30 PM - 5:15 AM)", (23 * 60 + 30, 5 * 60 + 15)),
        ("23:00-05:00", (23 * 60, 5 * 60)),
        ("6:30-24:00", (6 * 60 + 30, 0)),
        ("12am-12pm", (0, 720)),
    ],
)
def test_a_span_is_two_times_of_the_day(typed: str, minutes: tuple[int, int]) -> None:
    """It may go past midnight."""
    assert times.span(typed) == minutes


@pytest.mark.parametrize(
    "typed",
    ["11-5", "23:00", "25:00-05:00", "13pm-5am", "0am-5am", "5:60-6:00", "5am-5am", "night", "", None, 5, "1am-2am-3"],
)  # fmt: skip
def test_what_is_no_span_is_none(typed: object) -> None:
    """Bare hours could be either half of the day."""
    assert times.span(typed) is None
