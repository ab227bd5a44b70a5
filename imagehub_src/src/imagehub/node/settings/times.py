"""Times of day at which a lamp is on, as people type them: `(11pm-5am)` or `23:00-05:00`."""

import re

Minutes = tuple[int, int]

_TIME = re.compile(r"(\d{1,2})(?::([0-5]\d))?\s*(am|pm)?", re.IGNORECASE)


def span(value: object) -> Minutes | None:
    """Return the minutes of the day from and until which a text says; None where it says no two different ones."""
    if not isinstance(value, str):
        return None
    parts = value.strip().removeprefix("(").removesuffix(")").split("-")
    minutes = tuple(minute(part) for part in parts)
    if len(minutes) != 2 or minutes[0] is None or minutes[1] is None or minutes[0] == minutes[1]:
        return None
    return minutes[0], minutes[1]


def minute(text: str) -> int | None:
    """Return the minute of the day of `5am`, `11:30pm` or `23:00`; None for what is none.

    24:00 is midnight, as 00:00; a bare number such as `5` could be either half of the day, and is none.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None or not (match[2] or match[3]):
        return None
    hours, minutes = int(match[1]), int(match[2] or 0)
    if match[3]:
        return _half_day(hours, minutes, match[3].lower())
    return (hours * 60 + minutes) % 1440 if hours < 24 or (hours, minutes) == (24, 0) else None


def _half_day(hours: int, minutes: int, half: str) -> int | None:
    if not 1 <= hours <= 12:
        return None
    return (hours % 12 + (12 if half == "pm" else 0)) * 60 + minutes
