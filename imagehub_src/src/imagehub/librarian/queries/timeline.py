"""When did how much happen?"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select

from imagehub.librarian.queries.cameras import names
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.schema import days as table
from imagehub.librarian.schema import events, images
from imagehub.librarian.sight import Sight, condition


@dataclass(frozen=True, slots=True)
class Day:
    """What came on one day of the hub."""

    day: str
    images: int
    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Lane:
    """How many images and events of one camera fell into each part of a span of time."""

    camera_id: int
    camera: str
    images: list[int]
    events: list[int]


def days(connection: Connection, sight: Sight, month: str | None) -> list[Day]:
    """Return the days of a month, as `2026-11`, on which something came; None: of all months."""
    sums = (func.sum(table.c[name]) for name in ("images", "events", "bytes"))
    wanted = select(table.c.day, *sums).where(condition(table.c.camera_id, sight))
    if month is not None:
        wanted = wanted.where(table.c.day.between(f"{month}-01", f"{month}-31"))
    rows = connection.execute(wanted.group_by(table.c.day).order_by(table.c.day))
    return [Day(day, *map(int, counts)) for day, *counts in rows]


def timeline(connection: Connection, sight: Sight, start_us: int, end_us: int, buckets: int) -> list[Lane]:
    """Return, by the cameras' names, how much fell into each of so many parts of a span of time.

    Images that are just about to be deleted may still be counted.

    Raises:
        ValueFault: the span is empty.
    """
    if end_us <= start_us or buckets < 1:
        raise ValueFault("end", "comes before the start; give a later one")
    named = names(connection, sight)
    width = -(-(end_us - start_us) // buckets)
    counts = {of.name: _counts(connection, of, named, (start_us, end_us, width), buckets) for of in (images, events)}
    return [Lane(number, name, counts["images"][number], counts["events"][number]) for number, name in named.items()]


def _counts(
    connection: Connection, of: Table, cameras: Iterable[int], span: tuple[int, int, int], buckets: int
) -> dict[int, list[int]]:
    start, end, width = span
    bucket = ((of.c.time_us - start) // width).label("bucket")
    within = of.c.camera_id.in_(list(cameras)) & (of.c.time_us >= start) & (of.c.time_us < end)
    wanted = select(of.c.camera_id, bucket, func.count()).where(within).group_by(of.c.camera_id, bucket)
    found = {number: [0] * buckets for number in cameras}
    for number, part, count in connection.execute(wanted):
        found[number][int(part)] = count
    return found
