"""Which licence plates are seen how often, when, and where?"""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, distinct, func, select

from imagehub.librarian.queries.cameras import names
from imagehub.librarian.queries.filters import like
from imagehub.librarian.queries.paging import EVER, Found, Source, Span, page
from imagehub.librarian.schema import plate_aliases, plate_sightings, plates
from imagehub.librarian.sight import Sight, condition

WHICH = ("known", "unknown", "watched")
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000


@dataclass(frozen=True, slots=True)
class Plate:
    """A licence plate, what users know of it, and how often it was read since a time; the camera is its usual one."""

    id: int
    text: str
    region: str
    identified: bool
    watched: bool
    owner: str
    vehicle: str
    color: str
    note: str
    sightings: int
    days: int
    last_us: int | None
    camera_id: int | None
    camera: str


def table(
    connection: Connection,
    sight: Sight,
    text: str,
    which: str,
    since_us: int | None,
    cursor: str | None,
    limit: int,
) -> Found[Plate]:
    """Return a page of plates, those that were read most often since a time first.

    In the text `*` stands for anything, empty means all. `which` is one of WHICH or empty. Those that were not read
    since then are left out, unless no time is given. Who may not see all cameras sees plates that theirs have read.

    Raises:
        CursorError: the cursor is none.
    """
    own = plate_sightings.c.plate_id == plates.c.id, *_read(sight, since_us)
    often = select(func.count()).where(*own).correlate(plates).scalar_subquery().label("sightings")
    rows = select(plates.c.id, often).where(*_meant(text, which)).subquery()
    shown = () if sight is None and since_us is None else (rows.c.sightings > 0,)
    source = Source(rows.c.sightings, rows.c.id, shown, Span(-EVER, EVER))
    return page(connection, lambda _: [source], partial(_plates, connection, sight, since_us), cursor, limit)


def plate(connection: Connection, sight: Sight, id: int) -> Plate | None:  # noqa: A002
    """Return a plate with all its sightings; None if there is none, or none that may be seen."""
    found = _plates(connection, sight, None, [id])
    return found[0] if found and (sight is None or found[0].sightings) else None


def named(connection: Connection, sight: Sight, text: str) -> int | None:
    """Return the number of the plate with a text; None if there is none that may be seen. Of several, the oldest."""
    same = select(plates.c.id).where(func.upper(plates.c.text) == text.strip().upper()).order_by(plates.c.id)
    found = (plate(connection, sight, number) for number in connection.execute(same).scalars())
    return next((one.id for one in found if one is not None), None)


def aliases(connection: Connection, id: int) -> list[str]:  # noqa: A002
    """Return texts that are readings of a plate."""
    own = select(plate_aliases.c.text).where(plate_aliases.c.plate_id == id)
    return list(connection.execute(own.order_by(plate_aliases.c.text)).scalars())


def hours(connection: Connection, sight: Sight, id: int) -> dict[int, int]:  # noqa: A002
    """Return how often a plate was read in each hour since 1970 in which it was."""
    hour = (plate_sightings.c.time_us // HOUR_US).label("hour")
    own = plate_sightings.c.plate_id == id, *_read(sight, None)
    rows = connection.execute(select(hour, func.count()).where(*own).group_by(hour))
    return {int(number): count for number, count in rows}


def _meant(text: str, which: str) -> list[ColumnElement[bool]]:
    conditions = {"known": plates.c.identified, "unknown": ~plates.c.identified, "watched": plates.c.watched}
    meant = [conditions[which]] if which in conditions else []
    return [*meant, func.upper(plates.c.text).like(like(text), escape="/")] if text else meant


def _read(sight: Sight, since_us: int | None) -> list[ColumnElement[bool]]:
    seen = condition(plate_sightings.c.camera_id, sight)
    return [seen] if since_us is None else [seen, plate_sightings.c.time_us >= since_us]


def _plates(connection: Connection, sight: Sight, since_us: int | None, ids: list[int]) -> list[Plate]:
    of = plate_sightings.c
    sums = func.count().label("sightings"), func.count(distinct(of.time_us // DAY_US)).label("days")
    read = select(of.plate_id, *sums, func.max(of.time_us).label("last_us"))
    counted = read.where(of.plate_id.in_(ids), *_read(sight, since_us)).group_by(of.plate_id).subquery()
    counts = (func.coalesce(counted.c[name], 0).label(name) for name in ("sightings", "days"))
    joined = plates.outerjoin(counted, counted.c.plate_id == plates.c.id)
    rows = connection.execute(
        select(plates, *counts, counted.c.last_us).select_from(joined).where(plates.c.id.in_(ids))
    )
    usual, cameras_named = _usual(connection, sight, since_us, ids), names(connection, sight)
    found = {row.id: _plate(row, usual.get(row.id), cameras_named) for row in rows}
    return [found[number] for number in ids if number in found]


def _usual(connection: Connection, sight: Sight, since_us: int | None, ids: list[int]) -> dict[int, int]:
    of = plate_sightings.c
    own = of.plate_id.in_(ids), *_read(sight, since_us)
    counts: dict[int, Counter[int]] = {}
    for number, camera, count in connection.execute(
        select(of.plate_id, of.camera_id, func.count()).where(*own).group_by(of.plate_id, of.camera_id)
    ):
        counts.setdefault(number, Counter())[camera] = count
    return {number: count.most_common(1)[0][0] for number, count in counts.items()}


def _plate(row: Row[Any], camera: int | None, named_cameras: dict[int, str]) -> Plate:
    plain = {name: getattr(row, name) for name in Plate.__slots__ if name not in {"camera_id", "camera"}}
    return Plate(**plain, camera_id=camera, camera="" if camera is None else named_cameras.get(camera, ""))
