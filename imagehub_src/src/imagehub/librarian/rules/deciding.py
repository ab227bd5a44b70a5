"""Whether a rule fires: the same decision for what comes and for what was."""

import re
from collections.abc import Callable
from datetime import datetime, tzinfo

from imagehub.librarian.rules.happening import Happening
from imagehub.librarian.rules.reading import WEEKDAYS
from imagehub.librarian.rules.rule import When

SECOND = 1_000_000
FOUND = {"object", "plate"}


def fits(when: When, what: Happening, zone: tzinfo | None = None) -> bool:
    """Tell whether all conditions hold; `zone` is the hub's, None: this machine's."""
    return (
        when.trigger == what.trigger
        and (not when.cameras or what.camera_id in when.cameras)
        and _fits_event(when, what)
        and _fits_found(when, what)
        and _fits_count(when, what)
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
        and (not when.label or what.name.casefold() in labels(when))
        and (not when.plate or _fits_plate(when.plate, what.name))
        and (not when.plate_status or _has_status(when.plate_status, what))
        and (not when.region or _is_in(when.region, what))
    )


def labels(when: When) -> frozenset[str]:
    """Return the labels that a rule asks for, in small letters; none means all."""
    return frozenset(label.strip().casefold() for label in when.label.split(",")) - {""}


def counted(when: When, what: Happening) -> tuple[Happening, ...]:
    """Return those of the image's objects that a rule counts."""
    return tuple(one for one in what.together if _fits_found(when, one))


def _fits_count(when: When, what: Happening) -> bool:
    if when.count is None:
        return True
    those = [one.track_id or 0 for one in counted(when, what)]
    # Told once for all that are there, and again when one more comes: not when one of them goes.
    return len(those) >= when.count and what.track_id == max(those)


def _has_status(status: str, what: Happening) -> bool:
    if what.plate is None:
        return False
    return {"known": what.plate.identified, "unknown": not what.plate.identified, "watched": what.plate.watched}[status]


def _is_in(region: str, what: Happening) -> bool:
    return region.casefold() in what.zones if what.trigger in FOUND else _has_words(what.words, region)


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
