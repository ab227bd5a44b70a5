"""How often a rule would have fired in the past."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import pairwise

from sqlalchemy import Connection, Engine

from imagehub.librarian.rules import finding, wording
from imagehub.librarian.rules.deciding import Cooldown, counted, fits, fits_clock
from imagehub.librarian.rules.happening import CameraOf, Happening
from imagehub.librarian.rules.rule import Rule
from imagehub.librarian.rules.standing import MINUTE_US

MOST_ROWS = 200_000
LEAST_ROWS = 2_000
EXAMPLES = 5
WEEK_US = 7 * 24 * 60 * MINUTE_US


@dataclass(frozen=True)
class Example:
    """One time that the rule would have fired."""

    time_us: int
    camera_id: int
    camera: str
    image_id: int | None
    event_id: int | None
    text: str


@dataclass(frozen=True)
class DryRun:
    """How often the rule would have fired, the first few times of it, and what to know about that; mostly nothing."""

    count: int
    examples: tuple[Example, ...]
    note: str = ""


def dry_run(
    engine: Engine, rule: Rule, since_us: int, until_us: int, zone: tzinfo | None = None, most_rows: int = MOST_ROWS
) -> DryRun:
    """Decide about the past as `watching` and `standing` do about what comes."""
    if rule.when.trigger == "disk":
        return DryRun(0, (), "How full the disk was is not recorded, so this rule can't be tried on the past.")
    with engine.connect() as connection:
        watched = _watched(connection, rule)
        span = Span(connection, rule, since_us, until_us, max(LEAST_ROWS, most_rows // max(len(watched), 1)), zone)
        fired = [example for camera_id, camera in watched.items() for example in span.of(camera_id, camera)]
    fired.sort(key=lambda example: example.time_us)
    return DryRun(len(fired), tuple(fired[:EXAMPLES]), span.note())


def _watched(connection: Connection, rule: Rule) -> dict[int, CameraOf]:
    wanted = rule.when.cameras
    found = finding.all_cameras(connection).items()
    return {number: camera for number, camera in found if camera.notifies and (not wanted or number in wanted)}


class Span:
    """A span of the past, looked at camera by camera: cooldown and silence are each camera's own."""

    def __init__(
        self, connection: Connection, rule: Rule, since_us: int, until_us: int, limit: int, zone: tzinfo | None
    ) -> None:
        self._connection, self._rule, self._zone, self._limit = connection, rule, zone, limit
        self._since_us, self._until_us = since_us, until_us
        self._cooldown = Cooldown(lambda *_: None)
        self._cut: list[tuple[str, int]] = []

    def of(self, camera_id: int, camera: CameraOf) -> Iterator[Example]:
        """Yield the times that the rule would have fired for one camera."""
        if self._rule.when.trigger == "silent":
            return self._silences(camera_id, camera)
        return self._happenings(camera_id, camera)

    def note(self) -> str:
        """Say what was left out."""
        if not self._cut:
            return ""
        name, time_us = self._cut[0]
        more = f" and {len(self._cut) - 1} more" if len(self._cut) > 1 else ""
        return f"There is too much to look at: {name}{more} counted only up to {wording.clock(time_us, self._zone)}."

    def _happenings(self, camera_id: int, camera: CameraOf) -> Iterator[Example]:
        seen, last_us = 0, 0
        told: set[str] = set()
        when, seconds = self._rule.when, self._rule.cooldown_seconds
        for what in finding.between(self._connection, when, camera_id, self._since_us, self._until_us, self._limit):
            seen, last_us = seen + 1, what.time_us
            fresh = what.cause not in told and fits(when, what, self._zone)
            if fresh and self._cooldown.over(0, camera_id, what.time_us, seconds):
                self._cooldown.fired(0, camera_id, what.time_us)
                told.add(what.cause)
                yield self._example(what, camera)
        self._note_cut(seen, camera, last_us)

    def _example(self, what: Happening, camera: CameraOf) -> Example:
        text = wording.of_happening(replace(what, together=counted(self._rule.when, what)), camera, self._zone)
        return Example(what.time_us, what.camera_id, camera.name, what.image_id, what.event_id, text)

    def _silences(self, camera_id: int, camera: CameraOf) -> Iterator[Example]:
        # By the times of what there is: a silence that was filled later, by what a node had kept, is none any more.
        heard = finding.times(self._connection, camera_id, self._since_us, self._until_us, self._limit)
        before = finding.last_time(self._connection, camera_id, self._since_us)
        cut = len(heard) == self._limit
        ends = [] if cut else [self._until_us]
        for last_us, next_us in pairwise([*([] if before is None else [before]), *heard, *ends]):
            time_us = self._silent_at(camera_id, last_us, next_us)
            if time_us is not None:
                self._cooldown.fired(0, camera_id, time_us)
                text = wording.of_silence(last_us, time_us, camera, self._zone)
                yield Example(time_us, camera_id, camera.name, None, None, text)
        self._note_cut(len(heard), camera, heard[-1] if heard else 0)

    def _silent_at(self, camera_id: int, last_us: int, next_us: int) -> int | None:
        """Return the first minute of a silence that the rule fires in, of its first week; None: there is none."""
        since_us = last_us + (self._rule.when.silent_minutes or 0) * MINUTE_US
        if since_us < self._since_us:
            return None
        for time_us in range(since_us, min(next_us, since_us + WEEK_US), MINUTE_US):
            over = self._cooldown.over(0, camera_id, time_us, self._rule.cooldown_seconds)
            if over and fits_clock(self._rule.when, time_us, self._zone):
                return time_us
        return None

    def _note_cut(self, seen: int, camera: CameraOf, last_us: int) -> None:
        if seen >= self._limit:
            self._cut.append((camera.name, last_us))
