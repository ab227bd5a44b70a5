"""Which images are there?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, literal, null, select, union_all

from imagehub.librarian.queries.cameras import full_name
from imagehub.librarian.queries.filters import STORED, Filters, is_held, sources
from imagehub.librarian.queries.paging import Found, Place, keys, page
from imagehub.librarian.schema import cameras, detections, images, models, nodes, objects, plate_sightings, plates
from imagehub.librarian.sight import Sight, condition

__all__ = [
    "Box",
    "Filters",
    "Found",
    "Image",
    "arrived",
    "boxes",
    "image",
    "latest",
    "neighbours",
    "newest_id",
    "search",
]

COLUMNS = ("id", "camera_id", "time_us", "day", "type", "text", "path", "bytes", "checksum", "hold")


@dataclass(frozen=True, slots=True)
class Image:
    """An image that is stored; `held` says whether it, or a span of time around it, is held."""

    id: int
    camera_id: int
    camera: str
    time_us: int
    day: str
    type: str
    text: str
    path: str
    bytes: int
    checksum: str
    hold: bool
    held: bool


@dataclass(frozen=True, slots=True)
class Box:
    """What was found in an image, and where: from 0 to 1 of its width and height; `kind` is `object` or `plate`.

    `model` found it, in its `version`; both are empty where that is not known. `track` is the thing that it shows;
    None: votes did not suffice. `reading` is how a plate was read in this image.
    """

    label: str
    score: float
    left: float
    top: float
    width: float
    height: float
    kind: str
    model: str
    version: str
    track: int | None
    reading: str
    plate_id: int | None


def search(connection: Connection, sight: Sight, filters: Filters, cursor: str | None, limit: int) -> Found[Image]:
    """Return a page of the images that are meant, newest first.

    Raises:
        CursorError: the cursor is none.
        ValueFault: the filters have hours or a zone that do not exist.
    """
    return page(
        connection,
        lambda begin: sources(connection, sight, filters, begin),
        partial(_rows, connection),
        cursor,
        limit,
    )


def latest(connection: Connection, sight: Sight) -> list[Image]:
    """Return the latest image of each camera that is displayed, by the cameras' names."""
    own = (images.c.camera_id == cameras.c.id) & STORED
    order = images.c.time_us.desc(), images.c.id.desc()
    newest = select(images.c.id).where(own).order_by(*order).limit(1).correlate(cameras).scalar_subquery()
    ids = connection.execute(select(newest).where(cameras.c.display, condition(cameras.c.id, sight))).scalars()
    found = _rows(connection, [number for number in ids if number is not None])
    return sorted(found, key=lambda image: (image.camera.casefold(), image.camera_id))


def image(connection: Connection, sight: Sight, id: int) -> Image | None:  # noqa: A002
    """Return an image; None if there is none, or none that may be seen."""
    found = _rows(connection, [id])
    return found[0] if found and (sight is None or found[0].camera_id in sight) else None


def neighbours(
    connection: Connection, sight: Sight, image: Image, filters: Filters | None
) -> tuple[int | None, int | None]:
    """Return the next older and the next newer image of the same camera, of those that are meant."""
    own = replace(filters or Filters(), camera_ids=(image.camera_id,))

    def next_to(newer: bool) -> int | None:
        begin = Place(image.time_us, image.id, newer)
        found = keys(connection, sources(connection, sight, own, begin), begin, 1)
        return found[0][1] if found else None

    return next_to(False), next_to(True)


def arrived(connection: Connection, sight: Sight, after_id: int, limit: int) -> list[Image]:
    """Return the images that came in after one, the first ones first. `after_id` is to be a recent one."""
    after = (images.c.id > after_id) & STORED & condition(images.c.camera_id, sight)
    wanted = select(images.c.id).where(after).order_by(images.c.id).limit(limit)
    return _rows(connection, list(connection.execute(wanted).scalars()))


def newest_id(connection: Connection) -> int:
    """Return the id of the image that came in last; 0 if there is none."""
    return connection.execute(select(func.max(images.c.id))).scalar() or 0


def boxes(connection: Connection, image_id: int) -> list[Box]:
    """Return what was found in an image, the surest first."""
    things = _found(detections, objects, objects.c.label, "object", literal(""), null())
    read = _found(plate_sightings, plates, plates.c.text, "plate", plate_sightings.c.reading, plates.c.id)
    both = union_all(
        things.where(detections.c.image_id == image_id),
        read.where(plate_sightings.c.image_id == image_id),
    )
    return sorted((Box(*row) for row in connection.execute(both)), key=lambda box: -box.score)


def _found(of: Table, named: Table, label: Any, kind: str, reading: Any, plate: Any) -> Select[Any]:
    sides = (of.c[side] for side in ("score", "left", "top", "width", "height"))
    model = (func.coalesce(models.c[name], "") for name in ("name", "version"))
    joined = of.join(named).outerjoin(models, models.c.id == of.c.model_id)
    columns = label.label("label"), *sides, literal(kind).label("kind"), *model, of.c.track_id, reading, plate
    return select(*columns).select_from(joined)


def _rows(connection: Connection, ids: Iterable[int]) -> list[Image]:
    """Return images in the order of their ids here; those that went meanwhile are left out."""
    order = list(ids)
    if not order:
        return []
    columns = (images.c[name] for name in COLUMNS)
    wanted = select(*columns, is_held().label("held"), nodes.c.name.label("node"), cameras.c.view)
    joined = wanted.select_from(images.join(cameras).join(nodes, cameras.c.node_id == nodes.c.id))
    rows = connection.execute(joined.where(images.c.id.in_(order), STORED))
    found = {row.id: _image(row) for row in rows}
    return [found[number] for number in order if number in found]


def _image(row: Row[Any]) -> Image:
    values = {name: getattr(row, name) for name in COLUMNS}
    return Image(**values, camera=full_name(row.node, row.view), held=bool(row.held))
