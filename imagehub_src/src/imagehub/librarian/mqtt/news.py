"""What the catalog tells of the followed hub's cameras: how each is now, and which events came since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, func, select

from imagehub.librarian.catalog import clean
from imagehub.librarian.mqtt.topics import READINGS
from imagehub.librarian.schema import cameras, days, events, hubs, images, nodes

BATCH = 500


class Picture(NamedTuple):
    """A camera's latest image."""

    id: int
    time_us: int
    path: str


class Reading(NamedTuple):
    """A camera's latest event of a kind."""

    time_us: int
    text: str
    value: float | None


class Happening(NamedTuple):
    """An event of a camera."""

    id: int
    time_us: int
    node: str
    view: str
    kind: str
    type: str
    value: float | None
    text: str


@dataclass(frozen=True)
class Camera:
    """A camera as the catalog has it now; counts are of `day`, the latest on which it sent anything.

    `seen_us` is when the hub heard of it, also where that was something old.
    """

    id: int
    node: str
    view: str
    type: str
    picture: Picture | None
    readings: Mapping[str, Reading]
    seen_us: int | None
    day: str
    images: int
    events: int


class Seen(NamedTuple):
    """The highest ids that a follower has come to."""

    image: int
    event: int


class News:
    """Reads the catalog for one hub."""

    def __init__(self, engine: Engine, data_directory: Path) -> None:
        self._engine = engine
        self._ours = hubs.c.data_directory == clean(str(data_directory.absolute()))

    def newest(self) -> Seen:
        """Return the highest ids that there are."""
        with self._engine.connect() as connection:
            return Seen(*(connection.execute(select(func.max(table.c.id))).scalar() or 0 for table in (images, events)))

    def since(self, seen: Seen, not_before_us: int) -> tuple[Seen, list[Happening], set[int]]:
        """Return how far one has come after this, the events, at most BATCH, and the cameras that sent anything.

        Events from before a time are left out.
        """
        newest = self.newest()
        seen = Seen(min(seen.image, newest.image), min(seen.event, newest.event))  # a rebuilt catalog counts anew
        if newest == seen:
            return seen, [], set()
        with self._engine.connect() as connection:
            happenings = self._happenings(connection, seen.event, not_before_us)
            if len(happenings) == BATCH:
                newest = newest._replace(event=happenings[-1].id)
            return newest, happenings, _senders(connection, seen, newest)

    def cameras(self, only: Iterable[int] | None = None) -> list[Camera]:
        """Return cameras as they are now; None: all."""
        names = cameras.c.id, nodes.c.name.label("node"), cameras.c.view, cameras.c.type, cameras.c.heard_us
        wanted = select(*names).select_from(cameras.join(nodes).join(hubs)).where(self._ours)
        if only is not None:
            wanted = wanted.where(cameras.c.id.in_(only))
        with self._engine.connect() as connection:
            return [_camera(connection, row) for row in connection.execute(wanted).all()]

    def _happenings(self, connection: Connection, seen: int, not_before_us: int) -> list[Happening]:
        columns = [nodes.c.name if name == "node" else _event_column(name) for name in Happening._fields]
        joined = events.join(cameras, cameras.c.id == events.c.camera_id).join(nodes, nodes.c.id == cameras.c.node_id)
        joined = joined.join(hubs, hubs.c.id == nodes.c.hub_id)
        new = (events.c.id > seen) & (events.c.time_us >= not_before_us) & self._ours
        wanted = select(*columns).select_from(joined).where(new).order_by(events.c.id).limit(BATCH)
        return [Happening(*row) for row in connection.execute(wanted)]


def _event_column(name: str) -> Any:
    return cameras.c.view if name == "view" else events.c[name]


def _senders(connection: Connection, seen: Seen, newest: Seen) -> set[int]:
    found = (
        connection.execute(select(table.c.camera_id).distinct().where(table.c.id > after, table.c.id <= last)).scalars()
        for table, after, last in zip((images, events), seen, newest, strict=True)
    )
    return set().union(*found)


def _camera(connection: Connection, row: Any) -> Camera:
    picture = _latest(connection, images, Picture, row.id, images.c.state == "stored")
    found = {kind: _latest(connection, events, Reading, row.id, events.c.kind == kind) for kind in READINGS}
    event = _latest(connection, events, Reading, row.id)
    times = [what.time_us for what in (picture, event) if what]
    times += [row.heard_us] if row.heard_us is not None else []
    latest = select(days.c.day, days.c.images, days.c.events).where(days.c.camera_id == row.id)
    day = connection.execute(latest.order_by(days.c.day.desc()).limit(1)).first()
    known = {kind: reading for kind, reading in found.items() if reading}
    seen_us = max(times, default=None)
    return Camera(row.id, row.node, row.view, row.type, picture, known, seen_us, *(day or ("", 0, 0)))


def _latest(connection: Connection, table: Any, kind: Any, camera: int, *conditions: Any) -> Any:
    wanted = select(*(table.c[name] for name in kind._fields)).where(table.c.camera_id == camera, *conditions)
    row = connection.execute(wanted.order_by(table.c.time_us.desc()).limit(1)).first()
    return kind(*row) if row else None
