"""Which events are there, and what do readings tell?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Select, case, exists, func, literal, select, true

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
    rows = connection.execute(select(*last).select_from(cameras).where(condition(cameras.c.id, sight)))
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
    wanted = set(named if (ids := chosen(sight, camera_ids)) is None else ids)
    width = _width((start_us, end_us), points)
    read = _averages([number for number in named if number in wanted], kind, (start_us, end_us), points)
    found: dict[int, dict[int, float]] = {}
    for number, part, mean in connection.execute(read):
        if mean is not None:
            found.setdefault(number, {})[start_us + part * width + width // 2] = float(mean)
    return [_series(number, named[number], found[number]) for number in named if number in found]


def _width(span: tuple[int, int], points: int) -> int:
    return max(1, -(-(span[1] - span[0]) // points))


def _averages(ids: list[int], kind: str, span: tuple[int, int], points: int) -> Select[Any]:
    (start, end), width = span, _width(span, points)
    # A look into the index for each part is several times quicker than to sort all readings into parts.
    first = select(literal(0, BigInteger).label("part")).cte("parts", recursive=True)
    parts = first.union_all(select(first.c.part + 1).where(first.c.part + 1 < points))
    own = (events.c.camera_id == cameras.c.id) & (events.c.kind == kind)
    begin = start + parts.c.part * width
    # One bound at each side: of two, SQLite may look for the wider one, and read on to the end of the span.
    stop = case((begin + width > end, end), else_=begin + width)
    near = select(func.avg(events.c.value)).where(own, events.c.time_us >= begin, events.c.time_us < stop)
    any_one = exists().where(own, events.c.time_us >= start, events.c.time_us < end)
    mean = near.correlate(cameras, parts).scalar_subquery()
    shown = cameras.c.id.in_(ids) & any_one.correlate(cameras)
    return select(cameras.c.id, parts.c.part, mean).select_from(cameras.join(parts, true())).where(shown)


def _series(camera_id: int, name: str, means: Mapping[int, float]) -> Series:
    times = sorted(means)
    return Series(camera_id, name, times, [means[time] for time in times])


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
