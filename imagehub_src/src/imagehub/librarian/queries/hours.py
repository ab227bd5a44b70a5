"""Which spans of time lie in certain hours of a viewer's day?"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.queries.paging import Span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
DAY = 24


def zone(name: str) -> tzinfo:
    """Return the zone of a name as Europe/Berlin, or of an offset as +02:00.

    Raises:
        ValueFault: there is no such zone.
    """
    if match := OFFSET.fullmatch(name):
        minutes = int(match[2]) * 60 + int(match[3])
        if minutes < DAY * 60:
            return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ValueFault("zone", "is not known; give a name as Europe/Berlin or an offset as +02:00") from None


def spans(days: Iterable[date], hours: tuple[int, int], name: str) -> Iterator[Span]:
    """Yield the span of each day from an hour to another; one that is not later is meant on the day after.

    Raises:
        ValueFault: there is no such hour, or no such zone.
    """
    first, last = hours
    if not (0 <= first < DAY and 0 <= last <= DAY):
        raise ValueFault("hours", "go from 0 to 24")
    where, length = zone(name), last - first if last > first else last - first + DAY
    return (Span(_time(day, first, where), _time(day, first + length, where)) for day in days)


def _time(day: date, hour: int, where: tzinfo) -> int:
    # Added before the zone is looked at: a day on which clocks change has its hours by the clock.
    local = datetime(day.year, day.month, day.day) + timedelta(hours=hour)  # noqa: DTZ001
    return (local.replace(tzinfo=where).astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
