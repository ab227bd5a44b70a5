"""In how many days the disk is full, if as much comes each day as came lately."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from imagehub.librarian.retention.places import Place
from imagehub.librarian.retention.policy import Policy, keep_days

LATELY_DAYS = 7
FAR_DAYS = 3650

Kind = tuple[int, bool]  # a camera, and whether its days have events


def rates(known: Iterable[Place], today: date) -> dict[Kind, float]:
    """Return the bytes a day that came over the last full days, as far as they are still there."""
    found = [place for place in known if place.day < str(today)]
    since = max(str(today - timedelta(days=LATELY_DAYS)), min((place.day for place in found), default=""))
    span = (today - date.fromisoformat(since)).days if found else 1
    sums: dict[Kind, float] = defaultdict(float)
    for place in found:
        if place.day >= since:
            sums[place.camera_id, place.eventful] += place.bytes / span
    return dict(sums)


class Expected:
    """What is stored on the days to come, by the policies: an estimate, which knows no holds."""

    def __init__(self, known: Iterable[Place], rates: Mapping[Kind, float], rules: list[Policy], today: date) -> None:
        self._rates, self._rules = rates, rules
        self._now: dict[Kind, float] = defaultdict(float)
        self._leaving: dict[int, dict[Kind, float]] = defaultdict(lambda: defaultdict(float))
        for place in known:
            kind = (place.camera_id, place.eventful)
            self._now[kind] += place.bytes
            keep = keep_days(rules, *kind)
            if keep is not None:
                day = (date.fromisoformat(place.day) - today).days + keep
                self._leaving[max(0, day)][kind] += place.bytes
        self._keep = {kind: keep_days(rules, *kind) for kind in {*self._now, *rates}}

    def days_until(self, free_bytes: int) -> int | None:
        """Return in how many days so many more bytes are stored than now; None: not within ten years."""
        room, there = sum(self._now.values()) + free_bytes + 1, dict(self._now)  # a byte for what floats lose
        for day in range(FAR_DAYS + 1):
            for kind, size in self._leaving[day].items():
                there[kind] -= size
            if sum(self._after(there, day).values()) > room:
                return day
        return None

    def _after(self, there: Mapping[Kind, float], day: int) -> dict[Kind, float]:
        stored = {
            kind: there.get(kind, 0.0) + self._rates.get(kind, 0.0) * (day if keep is None else min(day, keep))
            for kind, keep in self._keep.items()
        }
        for rule in self._rules:
            if rule.keep_bytes is not None:
                _limit(stored, [kind for kind in stored if rule.covers(*kind)], rule.keep_bytes)
        return stored


def _limit(stored: dict[Kind, float], kinds: list[Kind], size: int) -> None:
    total = sum(stored[kind] for kind in kinds)
    if total > size:
        for kind in kinds:
            stored[kind] *= size / total
