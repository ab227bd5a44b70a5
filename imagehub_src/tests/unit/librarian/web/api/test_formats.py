"""Times as texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from imagehub.librarian.web.api.formats import read_time, write_time


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_a_time_comes_back_as_it_was(time_us: int) -> None:
    """To the microsecond, in all years that have four digits."""
    assert read_time(write_time(time_us)) == time_us


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01t00:00:00.5z", 500_000),
        ("1970-01-01T00:00:00.1234567Z", 123_456),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200_000_000),
    ],
)
def test_what_rfc_3339_allows_is_understood(text: str, time_us: int) -> None:
    """Any offset, small letters, and finer fractions than we keep."""
    assert read_time(text) == time_us


@pytest.mark.parametrize(
    "text", ["", "now", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", 0, None, "\u0661"]
)
def test_what_is_no_time_is_refused(text: object) -> None:
    """A time without a zone is none."""
    with pytest.raises(PydanticCustomError, match="2026-01-31T06:30:00Z"):
        read_time(text)
