"""How much is there?"""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from imagehub.librarian.queries.cameras import full_name
from imagehub.librarian.queries.filters import STORED
from imagehub.librarian.schema import cameras, days, images, nodes
from imagehub.librarian.schema import hubs as hub_table
from imagehub.librarian.sight import Sight, condition


@dataclass(frozen=True, slots=True)
class Totals:
    """What the catalog has; the times are those of the oldest and the newest image."""

    images: int
    events: int
    bytes: int
    oldest_us: int | None
    newest_us: int | None


@dataclass(frozen=True, slots=True)
class CameraDay:
    """What one camera sent on one day of the hub."""

    day: str
    camera_id: int
    camera: str
    images: int
    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub's data directory, and how far its journal is taken in."""

    id: int
    data_directory: str
    sequence: int
    damaged: int


def totals(connection: Connection, sight: Sight) -> Totals:
    """Return how much there is of the cameras that may be seen."""
    sums = [func.coalesce(func.sum(days.c[name]), 0).label(name) for name in ("images", "events", "bytes")]
    counted = connection.execute(select(*sums).where(condition(days.c.camera_id, sight))).one()
    oldest, newest = _ends(connection, sight)
    return Totals(int(counted.images), int(counted.events), int(counted.bytes), oldest, newest)


def _ends(connection: Connection, sight: Sight) -> tuple[int | None, int | None]:
    own = select(images.c.time_us).where(images.c.camera_id == cameras.c.id, STORED).limit(1).correlate(cameras)
    first, last = (own.order_by(order).scalar_subquery() for order in (images.c.time_us.asc(), images.c.time_us.desc()))
    each = (
        select(first.label("first"), last.label("last"))
        .select_from(cameras)
        .where(condition(cameras.c.id, sight))
        .subquery()
    )
    oldest, newest = connection.execute(select(func.min(each.c.first), func.max(each.c.last))).one()
    return oldest, newest


def per_camera_per_day(connection: Connection, sight: Sight, since_day: str = "") -> list[CameraDay]:
    """Return what each camera sent on each day from one on, newest day first, then by the cameras' names."""
    columns = days.c.day, days.c.camera_id, nodes.c.name, cameras.c.view, days.c.images, days.c.events, days.c.bytes
    joined = select(*columns).select_from(days.join(cameras).join(nodes, cameras.c.node_id == nodes.c.id))
    rows = connection.execute(joined.where(days.c.day >= since_day, condition(days.c.camera_id, sight)))
    found = [CameraDay(day, number, full_name(node, view), *counts) for day, number, node, view, *counts in rows]
    by_name = sorted(found, key=lambda row: (row.camera.casefold(), row.camera_id))
    return sorted(by_name, key=lambda row: row.day, reverse=True)


def hubs(connection: Connection) -> list[Hub]:
    """Return the hubs that the catalog follows."""
    columns = hub_table.c.id, hub_table.c.data_directory, hub_table.c.sequence, hub_table.c.damaged
    return [Hub(*row) for row in connection.execute(select(*columns).order_by(hub_table.c.id))]
