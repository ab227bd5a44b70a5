"""Which events are there, and what do readings tell?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from imagehub.librarian import readings as kinds_of
from imagehub.librarian.queries.cameras import full_name, names
from imagehub.librarian.queries.filters import chosen, each
from imagehub.librarian.queries.paging import Found, Place, Source, bounded, page
from imagehub.librarian.schema import cameras, events, nodes
from imagehub.librarian.sight import Sight, condition

KINDS = (*dict.fromkeys(kinds_of.KINDS.values()), "other")
COLUMNS = ("id", "camera_id", "time_us", "kind", "type", "value", "text")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a camera; `value` is the number that a reading tells."""

    id: int
    camera_id: int
    camera: str
    time_us: int
    kind: str
    type: str
    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one camera: averages, each of the readings around its time."""

    camera_id: int
    camera: str
    times_us: list[int]
    values: list[float]


def search(
    connection: Connection,
    sight: Sight,
    camera_ids: Iterable[int],
    kinds: Iterable[str],
    start_us: int | None,
    end_us: int | None,
    cursor: str | None,
    limit: int,
) -> Found[Event]:
    """Return a page of the events of these cameras and kinds, newest first; none named means all.

    Raises:
        CursorError: the cursor is none.
    """
    span = bounded(start_us, end_us)
    wanted = [events.c.kind == kind for kind in sorted(set(kinds))]
    each_kind: list[tuple[ColumnElement[bool], ...]] = [(kind,) for kind in wanted] or [()]

    def sources(_: Place) -> list[Source]:
        each_camera = each(events.c.camera_id, chosen(sight, camera_ids))
        each_where = [(*camera, *kind) for camera in each_camera for kind in each_kind]
        return [Source(events.c.time_us, events.c.id, where, span) for where in each_where]

    return page(connection, sources, lambda ids: _rows(connection, ids), cursor, limit)


def last_of_each(connection: Connection, sight: Sight) -> list[Event]:
    """Return the last event of each camera and kind, by the cameras' names."""
    last = [_last(kind) for kind in KINDS]
    rows = connection.execute(select(*last).where(condition(cameras.c.id, sight)))
    found = _rows(connection, [number for row in rows for number in row if number is not None])
    return sorted(found, key=lambda event: (event.camera.casefold(), event.camera_id, KINDS.index(event.kind)))


def _last(kind: str) -> Any:
    own = (events.c.camera_id == cameras.c.id) & (events.c.kind == kind)
    order = events.c.time_us.desc(), events.c.id.desc()
    return select(events.c.id).where(own).order_by(*order).limit(1).correlate(cameras).scalar_subquery()


def readings(
    connection: Connection,
    sight: Sight,
    kind: str,
    camera_ids: Iterable[int],
    start_us: int,
    end_us: int,
    points: int = 500,
) -> list[Series]:
    """Return what these cameras measured, by name, with at most so many points each; none named means all."""
    named = names(connection, sight)
    wanted = set(chosen(sight, camera_ids) or named)
    ids = [number for number in named if number in wanted]
    width = max(1, -(-(end_us - start_us) // points))
    bucket = ((events.c.time_us - start_us) // width).label("bucket")
    own = (events.c.camera_id.in_(ids), events.c.kind == kind, events.c.value.is_not(None))
    span = events.c.time_us >= start_us, events.c.time_us < end_us
    means = func.min(events.c.time_us), func.max(events.c.time_us), func.avg(events.c.value)
    read = select(events.c.camera_id, bucket, *means).where(*own, *span).group_by(events.c.camera_id, bucket)
    found: dict[int, list[Row[Any]]] = {}
    for row in sorted(connection.execute(read)):
        found.setdefault(row.camera_id, []).append(row)
    return [_series(number, named[number], found[number]) for number in ids if number in found]


def _series(camera_id: int, name: str, rows: Sequence[Row[Any]]) -> Series:
    times = [(first + last) // 2 for _, _, first, last, _ in rows]
    return Series(camera_id, name, times, [float(mean) for *_, mean in rows])


def arrived(connection: Connection, sight: Sight, after_id: int, limit: int) -> list[Event]:
    """Return the events that came in after one, the first ones first. `after_id` is to be a recent one."""
    after = (events.c.id > after_id) & condition(events.c.camera_id, sight)
    wanted = select(events.c.id).where(after).order_by(events.c.id).limit(limit)
    return _rows(connection, list(connection.execute(wanted).scalars()))


def newest_id(connection: Connection) -> int:
    """Return the id of the event that came in last; 0 if there is none."""
    return connection.execute(select(func.max(events.c.id))).scalar() or 0


def _rows(connection: Connection, ids: list[int]) -> list[Event]:
    if not ids:
        return []
    columns = (events.c[name] for name in COLUMNS)
    wanted = select(*columns, nodes.c.name.label("node"), cameras.c.view)
    joined = wanted.select_from(events.join(cameras).join(nodes, cameras.c.node_id == nodes.c.id))
    found = {row.id: _event(row) for row in connection.execute(joined.where(events.c.id.in_(ids)))}
    return [found[number] for number in ids if number in found]


def _event(row: Row[Any]) -> Event:
    values = {name: getattr(row, name) for name in COLUMNS}
    return Event(**values, camera=full_name(row.node, row.view))
