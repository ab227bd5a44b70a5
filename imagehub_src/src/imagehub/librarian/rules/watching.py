"""Follows what comes into the catalog, and looks at each row exactly once.

What is put into the outbox and how far it has looked are one transaction.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from imagehub.librarian import notify
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.rules import finding, firing, kept, wording
from imagehub.librarian.rules.deciding import SECOND, counted, fits
from imagehub.librarian.rules.happening import CameraOf, Happening
from imagehub.librarian.rules.kept import Kept
from imagehub.librarian.schema import followers

NAME = "rules"
BATCH = 2000
STALE_US = 3600 * SECOND

log = logging.getLogger(__name__)


def begin(engine: Engine) -> None:
    """Begin with the newest rows of the catalog, if nobody ever looked: what was before is no news."""
    with writing(engine) as connection:
        if _position(connection) is None:
            connection.execute(insert(followers).values(name=NAME, **finding.newest(connection)))


def follow(engine: Engine, now_us: int, zone: tzinfo | None = None, batch: int = BATCH) -> int:
    """Look at all that is new; return how many notifications came of it.

    Raises:
        CatalogError: another librarian looks at the same rows.
    """
    put = 0
    while _behind(engine):
        with writing(engine) as connection:
            put += Look(connection, now_us, zone).at_next(batch)
    return put


def _behind(engine: Engine) -> bool:
    with engine.connect() as connection:
        position, newest = _position(connection), finding.newest(connection)
    return position is not None and any(newest[column] > getattr(position, column) for column in newest)


def _position(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(followers).where(followers.c.name == NAME)).first()


class Look:
    """One look at new rows, in one transaction."""

    def __init__(self, connection: Connection, now_us: int, zone: tzinfo | None) -> None:
        self._connection, self._now_us, self._zone = connection, now_us, zone
        self._rules = [one for one in kept.listed(connection) if one.rule.enabled]
        self._cameras = finding.all_cameras(connection)
        self._cooldown = firing.cooldown(connection)
        self._known: set[tuple[int, str]] = set()

    def at_next(self, batch: int) -> int:
        """Look at the next rows of each table, move on, and return how many notifications came of them."""
        position = _position(self._connection)
        assert position is not None
        newest, put, reached = finding.newest(self._connection), 0, {}
        for trigger, source in finding.SOURCES.items():
            rules = [one for one in self._rules if one.rule.when.trigger == trigger]
            # Nobody wants to know: what is there need not be read.
            reached[source.column] = max(newest[source.column], getattr(position, source.column))
            if rules:
                counts = any(one.rule.when.count for one in rules)
                found, reached[source.column] = finding.after(
                    self._connection, trigger, getattr(position, source.column), batch, counts
                )
                put += self._decide(rules, found)
        self._move(position, reached)
        return put

    def _move(self, old: Row[Any], reached: dict[str, int]) -> None:
        same = followers.c.name == NAME
        for column in reached:
            same &= followers.c[column] == getattr(old, column)
        if self._connection.execute(update(followers).where(same).values(**reached)).rowcount != 1:
            raise CatalogError("another librarian follows this catalog: end one of them")

    def _decide(self, rules: list[Kept], found: list[Happening]) -> int:
        stale: dict[str, set[str]] = defaultdict(set)
        put = 0
        for one, what in self._fitting(rules, found):
            if self._told(one, what):
                continue  # and its rest begins no second time
            if what.time_us < self._now_us - STALE_US:
                stale[one.rule.name].add(what.cause)
            elif self._cooldown.over(one.id, what.camera_id, what.time_us, one.rule.cooldown_seconds):
                put += self._fire(one, what)
        for name, causes in stale.items():
            log.warning("rule %r: %d times, but more than an hour ago: nobody is notified", name, len(causes))
        return put

    def _told(self, one: Kept, what: Happening) -> bool:
        """Tell whether the rule fired for the same thing before; things are in many images."""
        if what.track_id is None:
            return False
        key = one.id, what.cause
        if key not in self._known and firing.told(self._connection, *key):
            self._known.add(key)
        return key in self._known

    def _fitting(self, rules: list[Kept], found: list[Happening]) -> Iterator[tuple[Kept, Happening]]:
        for what in found:
            if self._cameras[what.camera_id].notifies:
                for one in rules:
                    if what.since_us >= one.created_us and fits(one.rule.when, what, self._zone):
                        yield one, what

    def _fire(self, one: Kept, what: Happening) -> int:
        self._cooldown.fired(one.id, what.camera_id, what.time_us)
        camera = self._cameras[what.camera_id]
        return firing.fire(self._connection, one, self._draft(one, what, camera), self._now_us)

    def _draft(self, one: Kept, what: Happening, camera: CameraOf) -> notify.Draft:
        image = what.image_id
        if image is None:
            image = finding.picture_near(self._connection, what.camera_id, what.time_us)
        return notify.Draft(
            what.cause,
            "",
            "",
            wording.title(one.rule, camera),
            wording.of_happening(replace(what, together=counted(one.rule.when, what)), camera, self._zone),
            what.time_us,
            camera_id=what.camera_id,
            image_id=image,
            event_id=what.event_id,
        )
