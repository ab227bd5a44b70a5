"""Whether a rule fires: the same decision for what comes and for what was."""

import re
from collections.abc import Callable
from datetime import datetime, tzinfo

from imagehub.librarian.rules.happening import Happening
from imagehub.librarian.rules.reading import WEEKDAYS
from imagehub.librarian.rules.rule import When

SECOND = 1_000_000


def fits(when: When, what: Happening, zone: tzinfo | None = None) -> bool:
    """Tell whether all conditions hold; `zone` is the hub's, None: this machine's."""
    return (
        when.trigger == what.trigger
        and (not when.cameras or what.camera_id in when.cameras)
        and _fits_event(when, what)
        and _fits_found(when, what)
        and (not when.region or _has_words(what.words, when.region))
        and when.text.casefold() in what.words.casefold()
        and fits_clock(when, what.time_us, zone)
    )


def _fits_event(when: When, what: Happening) -> bool:
    return (
        when.event_kind in {"", what.kind}
        and when.event_type.casefold() in {"", what.type.casefold()}
        and (when.above is None or (what.value is not None and what.value > when.above))
        and (when.below is None or (what.value is not None and what.value < when.below))
    )


def _fits_found(when: When, what: Happening) -> bool:
    return (
        what.score >= when.min_score
        and when.label.casefold() in {"", what.name.casefold()}
        and (not when.plate or _fits_plate(when.plate, what.name))
    )


def _fits_plate(pattern: str, plate: str) -> bool:
    parts = (re.escape(_plain(part)) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), _plain(plate)) is not None


def _plain(plate: str) -> str:
    """Return a plate as it is the same however it is written."""
    return re.sub(r"[\s-]", "", plate).casefold()


def _has_words(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words.casefold())}(?!\w)", text.casefold()) is not None


def fits_clock(when: When, time_us: int, zone: tzinfo | None = None) -> bool:
    """Tell whether it is the right day of the week and time of the day."""
    local = datetime.fromtimestamp(time_us / SECOND, zone)
    clock, day = local.strftime("%H:%M"), local.weekday()
    if when.hours:
        start, end = when.hours
        past_midnight = start > end
        inside = clock >= start or clock < end if past_midnight else start <= clock < end
        if not inside:
            return False
        day -= past_midnight and clock < end  # the night belongs to the day it began on
    return not when.weekdays or WEEKDAYS[day] in when.weekdays


class Cooldown:
    """Lets a rule fire for a camera once in a time. `last` tells when it fired last, as far as it did before."""

    def __init__(self, last: Callable[[int, int | None], int | None]) -> None:
        self._last = last
        self._fired: dict[tuple[int, int | None], int | None] = {}

    def last(self, rule_id: int, camera_id: int | None) -> int | None:
        """Return when the rule fired last for a camera; None: never."""
        key = rule_id, camera_id
        if key not in self._fired:
            self._fired[key] = self._last(rule_id, camera_id)
        return self._fired[key]

    def over(self, rule_id: int, camera_id: int | None, time_us: int, seconds: int) -> bool:
        """Tell whether the rule may fire, with a cooldown of so many seconds."""
        if seconds == 0:
            return True
        last = self.last(rule_id, camera_id)
        return last is None or time_us >= last + seconds * SECOND

    def fired(self, rule_id: int, camera_id: int | None, time_us: int) -> None:
        """Remember that the rule fired."""
        self._fired[rule_id, camera_id] = time_us
