"""What was found in images?"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Table, func, literal, select

from imagehub.librarian.queries.cameras import full_name
from imagehub.librarian.queries.filters import FEW, as_sight, chosen, each, every, like, plate_ids, reads
from imagehub.librarian.queries.paging import Found, Source, bounded, page
from imagehub.librarian.schema import cameras, detections, nodes, plate_sightings, tracks
from imagehub.librarian.schema import objects as object_table
from imagehub.librarian.schema import plates as plate_table
from imagehub.librarian.sight import Sight, condition

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Object:
    """A label, how often it was found in images and how often seen lately, and when last.

    What is seen in several images is one thing that was seen. `last_image_id` is the last image that shows it.
    """

    id: int
    label: str
    last_day: int
    last_week: int
    last_month: int
    seen_day: int
    seen_week: int
    seen_month: int
    last_us: int | None
    last_image_id: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A detection or a sighting; `label` is the object's or the plate's text, the image may be deleted meanwhile.

    The box is from 0 to 1 of the image's width and height; `track` is the thing that it shows, None: votes did not
    suffice.
    """

    id: int
    label: str
    image_id: int | None
    camera_id: int
    camera: str
    time_us: int
    score: float
    left: float
    top: float
    width: float
    height: float
    track: int | None
    reading: str = ""


def objects(connection: Connection, sight: Sight, now_us: int | None = None) -> list[Object]:
    """Return all labels, with how often each was found and seen in the last 24 hours, seven and thirty days."""
    now = time.time_ns() // 1000 if now_us is None else now_us

    def own(of: Table) -> ColumnElement[bool]:
        return (of.c.object_id == object_table.c.id) & condition(of.c.camera_id, sight)

    def since(of: Table, days: int) -> ScalarSelect[Any]:
        lately = of.c.time_us > now - days * DAY_US
        return select(func.count()).where(own(of), lately).correlate(object_table).scalar_subquery()

    counts = [since(of, days) for of in (detections, tracks) for days in (1, 7, 30)]
    last = select(func.max(detections.c.time_us)).where(own(detections)).correlate(object_table).scalar_subquery()
    shown = select(detections.c.image_id).where(own(detections), detections.c.image_id.is_not(None))
    image = shown.order_by(detections.c.time_us.desc()).limit(1).correlate(object_table).scalar_subquery()
    wanted = select(object_table.c.id, object_table.c.label, *counts, last, image)
    return [Object(*row) for row in connection.execute(wanted.order_by(object_table.c.label))]


def labels(connection: Connection) -> list[str]:
    """Return all labels, for a choice of them."""
    return list(connection.execute(select(object_table.c.label).order_by(object_table.c.label)).scalars())


def search(
    connection: Connection,
    sight: Sight,
    labels: Iterable[str],
    camera_ids: Iterable[int],
    start_us: int | None,
    end_us: int | None,
    cursor: str | None,
    limit: int,
) -> Found[Finding]:
    """Return a page of what detectors found, newest first; no label or camera named means all.

    Raises:
        CursorError: the cursor is none.
    """
    wanted, ids = sorted(set(labels)), chosen(sight, camera_ids)
    known = select(object_table.c.id).where(object_table.c.label.in_(wanted)) if wanted else select(object_table.c.id)
    numbers = list(connection.execute(known).scalars())
    span, of = bounded(start_us, end_us), detections.c
    where = [(of.object_id == number, *camera) for number in numbers for camera in each(of.camera_id, ids)]
    found = [Source(of.time_us, of.id, one, span) for one in where]
    return page(connection, lambda _: found, partial(_rows, connection, detections, object_table), cursor, limit)


def sightings(
    connection: Connection,
    sight: Sight,
    text: str,
    camera_ids: Iterable[int],
    start_us: int | None,
    end_us: int | None,
    cursor: str | None,
    limit: int,
) -> Found[Finding]:
    """Return a page of the readings of plates, newest first; in the text `*` stands for anything, empty means all.

    Raises:
        CursorError: the cursor is none.
    """
    ids, of = chosen(sight, camera_ids), plate_sightings.c
    where: list[tuple[ColumnElement[bool], ...]] = []
    known = plate_ids(connection, text) if text else []
    if text and len(known) <= FEW:
        where = [(of.plate_id == number, condition(of.camera_id, as_sight(ids))) for number in known]
    else:
        also = (reads(plate_sightings, like(text)),) if text else ()
        where = [(of.camera_id == number, *also) for number in every(connection, ids)]
    found = [Source(of.time_us, of.id, one, bounded(start_us, end_us)) for one in where]
    return page(connection, lambda _: found, partial(_rows, connection, plate_sightings, plate_table), cursor, limit)


def sightings_of(connection: Connection, sight: Sight, plate_id: int, cursor: str | None, limit: int) -> Found[Finding]:
    """Return a page of the readings of one plate, newest first.

    Raises:
        CursorError: the cursor is none.
    """
    of = plate_sightings.c
    own = Source(of.time_us, of.id, (of.plate_id == plate_id, condition(of.camera_id, sight)), bounded(None, None))
    return page(connection, lambda _: [own], partial(_rows, connection, plate_sightings, plate_table), cursor, limit)


def _rows(connection: Connection, of: Table, named: Table, ids: list[int]) -> list[Finding]:
    label = (named.c.label if named is object_table else named.c.text).label("label")
    columns = of.c.id, label, of.c.image_id, of.c.camera_id, of.c.time_us, of.c.score, *_place(of)
    joined = of.join(named).join(cameras, of.c.camera_id == cameras.c.id).join(nodes)
    wanted = select(*columns, nodes.c.name.label("node"), cameras.c.view).select_from(joined).where(of.c.id.in_(ids))
    found = {row.id: _finding(row) for row in connection.execute(wanted)}
    return [found[number] for number in ids if number in found]


def _place(of: Table) -> list[Any]:
    reading = of.c.reading if of is plate_sightings else literal("").label("reading")
    return [*(of.c[name] for name in ("left", "top", "width", "height", "track_id")), reading]


def _finding(row: Row[Any]) -> Finding:
    name = full_name(row.node, row.view)
    place = row.left, row.top, row.width, row.height
    first = row.id, row.label, row.image_id, row.camera_id, name, row.time_us, row.score
    return Finding(*first, *place, row.track_id, row.reading)
