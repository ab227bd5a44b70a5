"""Reads from the catalog what rules look at, always by an index."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, Table, func, select

from imagehub.librarian.rules.deciding import FOUND, labels
from imagehub.librarian.rules.happening import CameraOf, Happening, PlateOf
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
    tracks,
)
from imagehub.librarian.vision import regions
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.regions import Region

AROUND_US = 60_000_000
MOST_IMAGES = 500


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


def _object(row: Row[Any]) -> Happening | None:
    return _found("object", row)


def _plate(row: Row[Any]) -> Happening | None:
    return _found("plate", row, plate=PlateOf(row.identified, row.watched, row.owner))


def _found(trigger: str, row: Row[Any], **more: Any) -> Happening | None:
    if row.track_id is None or row.quiet is not False:
        return None  # it is not sure, or was there long ago
    thing = {"name": row.name, "score": row.score, "image_id": row.image_id}
    track = {"track_id": row.track_id, "track_us": row.track_us}
    return Happening(trigger, f"track {row.track_id}", row.camera_id, row.time_us, **thing, **track, **more)


def _found_rows(table: Table, names: Table, *words: Any) -> Select[Any]:
    track = tracks.c.quiet, tracks.c.time_us.label("track_us")
    return select(table, *words, *track).select_from(
        table.join(names).outerjoin(tracks, table.c.track_id == tracks.c.id)
    )


SOURCES: dict[str, Source] = {
    "image": Source("image", images, select(images), _image),
    "event": Source("event", events, select(events), _event),
    "object": Source("detection", detections, _found_rows(detections, objects, objects.c.label.label("name")), _object),
    "plate": Source(
        "plate_sighting",
        plate_sightings,
        _found_rows(
            plate_sightings, plates, plates.c.text.label("name"), plates.c.identified, plates.c.watched, plates.c.owner
        ),
        _plate,
    ),
}


def newest(connection: Connection) -> dict[str, int]:
    """Return the highest id of each table that is followed."""
    highest = (select(func.max(source.table.c.id)).scalar_subquery() for source in SOURCES.values())
    found = connection.execute(select(*highest)).one()
    return {source.column: number or 0 for source, number in zip(SOURCES.values(), found, strict=True)}


def after(
    connection: Connection, trigger: str, seen: int, limit: int, counts: bool = False
) -> tuple[list[Happening], int]:
    """Return what comes behind the id `seen`, at most so many, and the id of the last.

    With `counts`, each object comes with the others of its image.
    """
    source = SOURCES[trigger]
    wanted = source.rows.where(source.table.c.id > seen).order_by(source.table.c.id).limit(limit)
    rows = connection.execute(wanted).all()
    found = list(_read(connection, source, rows))
    if counts:
        found = _with_others(connection, found)
    return found, rows[-1].id if rows else seen


def _read(connection: Connection, source: Source, rows: Iterable[Row[Any]]) -> Iterator[Happening]:
    zones: dict[int, list[Region]] = {}
    for row in rows:
        what = source.read(row)
        if what is not None and what.track_id is not None:
            if what.camera_id not in zones:
                zones[what.camera_id] = _zones(connection, what.camera_id)
            what = _placed(what, row, zones[what.camera_id])
        if what is not None:
            yield what


def _zones(connection: Connection, camera_id: int) -> list[Region]:
    return [region for region in regions.of_camera(connection, camera_id) if region.use == regions.ZONE]


def _placed(what: Happening, row: Row[Any], zones: list[Region]) -> Happening:
    foot = Box(row.left, row.top, row.width, row.height).foot
    held = frozenset(zone.name.casefold() for zone in zones if zone.holds(*foot))
    return replace(what, zones=held) if held else what


def _with_others(connection: Connection, found: list[Happening]) -> list[Happening]:
    ids = sorted({what.image_id for what in found if what.image_id is not None})
    together: dict[int | None, list[Happening]] = defaultdict(list)
    source = SOURCES["object"]
    for start in range(0, len(ids), MOST_IMAGES):
        wanted = source.rows.where(detections.c.image_id.in_(ids[start : start + MOST_IMAGES]))
        for what in _read(connection, source, connection.execute(wanted)):
            together[what.image_id].append(what)
    return [replace(what, together=tuple(together[what.image_id]) or (what,)) for what in found]


def between(
    connection: Connection, when: When, camera_id: int, since_us: int, until_us: int, limit: int
) -> Iterator[Happening]:
    """Yield what one camera had in a span of time that may fit, by its time, at most so many."""
    source = SOURCES[when.trigger]
    time = source.table.c.time_us
    wanted = source.rows.where(source.table.c.camera_id == camera_id, time >= since_us, time < until_us)
    if when.event_kind:
        wanted = wanted.where(events.c.kind == when.event_kind)
    if when.trigger in FOUND:
        wanted = wanted.where(source.table.c.score >= when.min_score, tracks.c.quiet.is_(False))
    if when.trigger == "object":
        wanted = wanted.where(detections.c.object_id.in_(_numbers(connection, when)))
    rows = connection.execute(wanted.order_by(time, source.table.c.id).limit(limit))
    found = _read(connection, source, rows)
    yield from found if when.count is None else _by_image(found)


def _numbers(connection: Connection, when: When) -> list[int]:
    """Return the ids of the labels that a rule asks for; to name all of them lets an index find their times."""
    wanted = labels(when)
    rows = connection.execute(select(objects.c.id, objects.c.label))
    return [row.id for row in rows if not wanted or row.label.casefold() in wanted]


def _by_image(found: Iterator[Happening]) -> Iterator[Happening]:
    for _, group in groupby(found, key=lambda what: what.time_us):
        together = tuple(group)
        yield from (replace(what, together=together) for what in together)


def times(connection: Connection, camera_id: int, since_us: int, until_us: int, limit: int) -> list[int]:
    """Return when a camera sent something in a span of time, in order, at most so many."""
    found: list[int] = []
    for table in (images, events):
        time = table.c.time_us
        ours = select(time).where(table.c.camera_id == camera_id, time >= since_us, time < until_us)
        found += connection.execute(ours.order_by(time).limit(limit)).scalars()
    return sorted(found)[:limit]


def last_heard(connection: Connection, camera_id: int, before_us: int) -> int | None:
    """Return when the hub heard of a camera for the last time up to a time; None: never.

    A camera that sends what it kept is not silent, however old that is.
    """
    heard_us = connection.execute(select(cameras.c.heard_us).where(cameras.c.id == camera_id)).scalar()
    if heard_us is not None and heard_us <= before_us:
        return int(heard_us)
    return last_time(connection, camera_id, before_us)


def last_time(connection: Connection, camera_id: int, before_us: int) -> int | None:
    """Return the latest time before a time that something of a camera has; None: it has nothing."""
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
