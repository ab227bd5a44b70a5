"""Dates and times as a viewer reads them: in the viewer's own time zone."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE_US = 60_000_000
# Days around these can still be reckoned with, in every zone.
FIRST_YEAR, LAST_YEAR = 2, 9998
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_us() -> int:
    """Return the time as the catalog keeps it: microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone that a browser names; None if there is no such zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def zone_name(zone: ZoneInfo | None) -> str:
    """Return a zone's name; for this machine's, its present offset as `+02:00`."""
    return zone.key if zone else datetime.now().astimezone().isoformat()[-6:]


def local(time_us: int, zone: ZoneInfo | None) -> datetime:
    """Return a time of the catalog in a zone; None is this machine's."""
    return (EPOCH + timedelta(microseconds=time_us)).astimezone(zone)


def microseconds(when: datetime) -> int:
    """Return a time as the catalog keeps it."""
    return (when - EPOCH) // timedelta(microseconds=1)


def day_span(day: str, zone: ZoneInfo | None) -> tuple[int, int]:
    """Return begin and end of a day `YYYY-MM-DD` in a zone, 23 to 25 hours apart; raise ValueError if it is none."""
    begin = datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007  (the zone comes next)
    if not FIRST_YEAR <= begin.year <= LAST_YEAR:
        raise ValueError(day)
    return tuple(microseconds(at.replace(tzinfo=zone) if zone else at.astimezone()) for at in (begin, begin + DAY))  # type: ignore[return-value]


def typed(text: str, zone: ZoneInfo | None) -> int:
    """Return the time that somebody typed as `2026-01-31T06:30` in a zone; raise ValueError if it is none."""
    when = datetime.fromisoformat(text)
    return microseconds(when.replace(tzinfo=zone) if zone else when.astimezone())


def ago(time_us: int, now: int) -> str:
    """Return how long ago something was, in the largest unit that fits, such as `5 min ago`."""
    lasted = max(0, now - time_us)
    return f"{lasting(lasted)} ago" if lasted >= 10_000_000 else "just now"


def lasting(length_us: int) -> str:
    """Return how long something is, in the largest unit that fits, such as `5 min`."""
    seconds = length_us // 1_000_000
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def size(count: int) -> str:
    """Return a number of bytes in the unit that people use for files: `12 kB`, `3.4 GB`."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
