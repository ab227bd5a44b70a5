"""What was seen: how often, when, where, and which things?

A thing that a camera saw is a track, however many images show it; each find in one image is a detection.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from imagehub.librarian.queries.cameras import full_name, names
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.queries.filters import as_sight, chosen
from imagehub.librarian.queries.paging import Found, Source, bounded, page
from imagehub.librarian.schema import cameras, detections, nodes, objects, tracks
from imagehub.librarian.sight import Sight, condition

# By label and camera, and by the part of the span.
Counts = dict[tuple[tuple[int, int], int], int]


@dataclass(frozen=True, slots=True)
class Lane:
    """How many tracks of one label began at one camera in each part of a span of time, and how many detections fell."""

    label: str
    camera_id: int
    camera: str
    seen: list[int]
    detections: list[int]


@dataclass(frozen=True, slots=True)
class Track:
    """One thing that a camera saw; the image that shows it best may be deleted meanwhile."""

    id: int
    label: str
    camera_id: int
    camera: str
    image_id: int | None
    time_us: int
    first_us: int
    last_us: int
    images: int
    score: float
    left: float
    top: float
    width: float
    height: float
    ended: bool


def counts(
    connection: Connection,
    sight: Sight,
    labels: Iterable[str],
    camera_ids: Iterable[int],
    start_us: int,
    end_us: int,
    parts: int,
) -> list[Lane]:
    """Return a lane for each label and camera of which something was found, by label and the camera's name.

    No label or camera named means all.

    Raises:
        ValueFault: the span is empty.
    """
    if end_us <= start_us or parts < 1:
        raise ValueFault("end", "comes before the start; give a later one")
    known, named = _labels(connection, labels), names(connection, as_sight(chosen(sight, camera_ids)))
    span = start_us, end_us, -(-(end_us - start_us) // parts)
    seen = _counted(connection, tracks, known, named, span)
    found = _counted(connection, detections, known, named, span)
    order = {number: at for at, number in enumerate(named)}
    pairs = sorted({pair for pair, _ in [*seen, *found]}, key=lambda pair: (known[pair[0]], order[pair[1]]))

    def row(of: Counts, pair: tuple[int, int]) -> list[int]:
        return [of.get((pair, at), 0) for at in range(parts)]

    return [Lane(known[pair[0]], pair[1], named[pair[1]], row(seen, pair), row(found, pair)) for pair in pairs]


def _labels(connection: Connection, labels: Iterable[str]) -> dict[int, str]:
    wanted = sorted(set(labels))
    read = select(objects.c.id, objects.c.label)
    rows = connection.execute(read.where(objects.c.label.in_(wanted)) if wanted else read)
    return {row.id: row.label for row in rows}


def _counted(
    connection: Connection, of: Table, known: Iterable[int], named: Iterable[int], span: tuple[int, int, int]
) -> Counts:
    start, end, width = span
    part = ((of.c.time_us - start) // width).label("part")
    within = of.c.object_id.in_(list(known)) & of.c.camera_id.in_(list(named))
    near = (of.c.time_us >= start) & (of.c.time_us < end)
    columns = of.c.object_id, of.c.camera_id, part
    rows = connection.execute(select(*columns, func.count()).where(within, near).group_by(*columns))
    return {((label, camera), int(at)): count for label, camera, at, count in rows}


def search(
    connection: Connection,
    sight: Sight,
    labels: Iterable[str],
    camera_ids: Iterable[int],
    start_us: int | None,
    end_us: int | None,
    cursor: str | None,
    limit: int,
) -> Found[Track]:
    """Return a page of what cameras saw, the newest first; no label or camera named means all.

    Raises:
        CursorError: the cursor is none.
    """
    span, here = bounded(start_us, end_us), condition(tracks.c.camera_id, as_sight(chosen(sight, camera_ids)))
    known = _labels(connection, labels)
    found = [Source(tracks.c.time_us, tracks.c.id, (tracks.c.object_id == number, here), span) for number in known]
    return page(connection, lambda _: found, partial(_rows, connection), cursor, limit)


def _rows(connection: Connection, ids: list[int]) -> list[Track]:
    joined = tracks.join(objects).join(cameras, cameras.c.id == tracks.c.camera_id).join(nodes)
    columns = tracks, objects.c.label, nodes.c.name.label("node"), cameras.c.view
    rows = connection.execute(select(*columns).select_from(joined).where(tracks.c.id.in_(ids)))
    found = {row.id: _track(row) for row in rows}
    return [found[number] for number in ids if number in found]


def _track(row: Row[Any]) -> Track:
    plain = {name: getattr(row, name) for name in Track.__slots__ if name != "camera"}
    return Track(**plain, camera=full_name(row.node, row.view))
