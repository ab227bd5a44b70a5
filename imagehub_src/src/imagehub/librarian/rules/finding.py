"""Reads from the catalog what rules look at, always by an index."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, Table, func, select

from imagehub.librarian.rules.happening import CameraOf, Happening
from imagehub.librarian.rules.rule import When
from imagehub.librarian.schema import (
    cameras,
    detections,
    events,
    images,
    nodes,
    objects,
    plate_sightings,
    plates,
)

AROUND_US = 60_000_000


class Source(NamedTuple):
    """Where the happenings of a trigger are: `column` of followers counts the rows of `table`."""

    column: str
    table: Table
    rows: Select[Any]
    read: Callable[[Row[Any]], Happening | None]


def _image(row: Row[Any]) -> Happening | None:
    if row.state != "stored":
        return None
    return Happening("image", _entry("image", row), row.camera_id, row.time_us, row.text, image_id=row.id)


def _event(row: Row[Any]) -> Happening | None:
    read = {"kind": row.kind, "type": row.type, "value": row.value}
    return Happening("event", _entry("event", row), row.camera_id, row.time_us, row.text, **read, event_id=row.id)


def _entry(kind: str, row: Row[Any]) -> str:
    # A rebuild gives new ids to all rows; the hub's numbers stay.
    return f"hub {row.hub_id} entry {row.sequence}" if row.sequence is not None else f"{kind} {row.id}"


def _found(trigger: str, what: str) -> Callable[[Row[Any]], Happening | None]:
    def read(row: Row[Any]) -> Happening | None:
        found = {"name": row.name, "score": row.score, "image_id": row.image_id}
        return Happening(trigger, f"{what} {row.id}", row.camera_id, row.time_us, row.text or "", **found)

    return read


def _found_rows(table: Table, name: Any, names: Table) -> Select[Any]:
    columns = (table.c.id, table.c.camera_id, table.c.time_us, table.c.score, table.c.image_id)
    sources = table.join(names).outerjoin(images, table.c.image_id == images.c.id)
    return select(*columns, name.label("name"), images.c.text).select_from(sources)


SOURCES: dict[str, Source] = {
    "image": Source("image", images, select(images), _image),
    "event": Source("event", events, select(events), _event),
    "object": Source(
        "detection", detections, _found_rows(detections, objects.c.label, objects), _found("object", "detection")
    ),
    "plate": Source(
        "plate_sighting",
        plate_sightings,
        _found_rows(plate_sightings, plates.c.text, plates),
        _found("plate", "sighting"),
    ),
}


def newest(connection: Connection) -> dict[str, int]:
    """Return the highest id of each table that is followed."""
    highest = (select(func.max(source.table.c.id)).scalar_subquery() for source in SOURCES.values())
    found = connection.execute(select(*highest)).one()
    return {source.column: number or 0 for source, number in zip(SOURCES.values(), found, strict=True)}


def after(connection: Connection, trigger: str, seen: int, limit: int) -> tuple[list[Happening], int]:
    """Return what comes behind the id `seen`, at most so many, and the id of the last."""
    source = SOURCES[trigger]
    wanted = source.rows.where(source.table.c.id > seen).order_by(source.table.c.id).limit(limit)
    rows = connection.execute(wanted).all()
    found = (source.read(row) for row in rows)
    return [what for what in found if what is not None], rows[-1].id if rows else seen


def between(
    connection: Connection, when: When, camera_id: int, since_us: int, until_us: int, limit: int
) -> Iterator[Happening]:
    """Yield what one camera had in a span of time that may fit, by its time, at most so many."""
    source = SOURCES[when.trigger]
    time = source.table.c.time_us
    wanted = source.rows.where(source.table.c.camera_id == camera_id, time >= since_us, time < until_us)
    if when.event_kind:
        wanted = wanted.where(events.c.kind == when.event_kind)
    for row in connection.execute(wanted.order_by(time, source.table.c.id).limit(limit)):
        what = source.read(row)
        if what is not None:
            yield what


def times(connection: Connection, camera_id: int, since_us: int, until_us: int, limit: int) -> list[int]:
    """Return when a camera sent something in a span of time, in order, at most so many."""
    found: list[int] = []
    for table in (images, events):
        time = table.c.time_us
        ours = select(time).where(table.c.camera_id == camera_id, time >= since_us, time < until_us)
        found += connection.execute(ours.order_by(time).limit(limit)).scalars()
    return sorted(found)[:limit]


def last_time(connection: Connection, camera_id: int, before_us: int) -> int | None:
    """Return when a camera sent something for the last time before a time; None: never."""
    found: list[int] = []
    for table in (images, events):
        ours = select(table.c.time_us).where(table.c.camera_id == camera_id, table.c.time_us < before_us)
        found += connection.execute(ours.order_by(table.c.time_us.desc()).limit(1)).scalars()
    return max(found, default=None)


def picture_near(connection: Connection, camera_id: int, time_us: int) -> int | None:
    """Return the newest image that a camera sent within a minute of a time; None: there is none."""
    near = images.c.time_us.between(time_us - AROUND_US, time_us + AROUND_US)
    ours = (images.c.camera_id == camera_id) & near & (images.c.state == "stored")
    return connection.execute(select(images.c.id).where(ours).order_by(images.c.time_us.desc()).limit(1)).scalar()


def all_cameras(connection: Connection) -> dict[int, CameraOf]:
    """Return each camera by its id."""
    wanted = select(cameras.c.id, nodes.c.name, cameras.c.view, cameras.c.message, cameras.c.notifications).join(nodes)
    return {
        row.id: CameraOf(f"{row.name} {row.view}".strip(), row.message, row.notifications)
        for row in connection.execute(wanted)
    }
