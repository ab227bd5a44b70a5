"""Numbers as people read them."""

import pytest

from imagehub.terminal import units


def test_counts_have_their_thousands_parted() -> None:
    """A long count can be read at a glance, with its noun in the right number."""
    assert units.count(1234567) == "1,234,567"
    assert [units.counted(number, "image") for number in (0, 1, 2000)] == [
        "0 images",
        "1 image",
        "2,000 images",
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 KiB"),
        (1024, "1.00 KiB"),
        (61_200_000, "58.4 MiB"),
        (1024 * 999, "999 KiB"),
        (1024 * 1000, "0.98 MiB"),
        (250 * 1024**3, "250 GiB"),
        (5000 * 1024**4, "5000 TiB"),
    ],
)
def test_bytes_are_shown_in_the_largest_unit_that_fits(number: int, text: str) -> None:
    """Bytes take three digits and a unit of powers of 1024."""
    assert units.size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 ms"),
        (0.00412, "4.1 ms"),
        (0.0996, "0.1 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
        (3 * 86_400 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_spans_of_time_take_one_or_two_units(seconds: float, text: str) -> None:
    """A span of time is never shown as 60 seconds or 1000 milliseconds."""
    assert units.span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.23, "0.2 s ago"),
        (9.96, "10 s ago"),
        (59.9, "59 s ago"),
        (60, "1 min ago"),
        (7300, "2 h ago"),
        (2e5, "2 d ago"),
    ],
)
def test_how_long_ago_something_was_takes_one_unit(seconds: float, text: str) -> None:
    """What was seen long ago is told as briefly as what was seen just now."""
    assert units.ago(seconds) == text
