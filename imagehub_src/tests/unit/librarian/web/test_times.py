"""Times are those of the viewer's zone, and amounts are short."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from imagehub.librarian.web import times

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_US = 3_600_000_000
# Summer time begins, it ends, and the first and the last day that can be reckoned with.
DAYS = [("2026-06-01", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("0002-01-01", 24), ("9998-12-31", 24)]
SIZES = [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345, "12 kB"), (5 * 10**12, "5.0 TB")]
NO_ZONES = ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "a\0b", "x" * 5000, "posix"]


@pytest.mark.parametrize("name", NO_ZONES)
def test_a_name_that_is_no_zone_is_none(name: str) -> None:
    """Cookies may hold anything: no file outside the zones is looked at, and nothing breaks."""
    assert times.zone_named(name) is None


def test_a_zone_has_its_name() -> None:
    """This machine's is an offset, which the database understands too."""
    assert times.zone_name(times.zone_named("Europe/Berlin")) == "Europe/Berlin"
    assert times.zone_name(None)[0] in "+-"


def test_a_time_survives_the_way_there_and_back() -> None:
    """To the microsecond."""
    when = times.local(1_792_000_000_123_456, BERLIN)
    assert (when.tzinfo, times.microseconds(when)) == (BERLIN, 1_792_000_000_123_456)


@pytest.mark.parametrize(("day", "hours"), DAYS)
def test_a_day_is_as_long_as_its_clock_says(day: str, hours: int) -> None:
    """Also those on which summer time begins or ends."""
    begin, end = times.day_span(day, BERLIN)
    assert (end - begin) / HOUR_US == hours
    assert times.local(begin, BERLIN).strftime("%H:%M") == "00:00"


@pytest.mark.parametrize("day", ["", "2026-02-30", "31.1.2026", "9999-12-31", "0001-01-01", "2026-01-01T00:00", "x"])
@pytest.mark.parametrize("zone", [BERLIN, None])
def test_what_is_no_day_is_refused(day: str, zone: ZoneInfo | None) -> None:
    """With the one error that callers expect."""
    with pytest.raises(ValueError, match=r".*"):
        times.day_span(day, zone)


def test_a_typed_time_is_in_the_viewers_zone() -> None:
    """As a form's field for date and time sends it."""
    assert times.typed("2026-06-01T06:30", BERLIN) == times.microseconds(datetime(2026, 6, 1, 4, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "just now"), (9, "just now"), (10, "10 s ago"), (59, "59 s ago"), (60, "1 min ago"), (3600, "1 h ago"),
     (86399, "23 h ago"), (172800, "2 d ago")],
)  # fmt: skip
def test_how_long_ago_is_told_in_one_unit(seconds: int, text: str) -> None:
    """The largest that fits; a clock that runs ahead is just now."""
    assert times.ago(1_000_000_000_000, 1_000_000_000_000 + seconds * 1_000_000) == text


@pytest.mark.parametrize(("count", "text"), SIZES)
def test_a_size_is_told_with_two_digits(count: int, text: str) -> None:
    """In the unit that people use for files."""
    assert times.size(count) == text
