"""Which licence plates are known, how often were they seen, and where?"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from imagehub.librarian.queries.cameras import full_name
from imagehub.librarian.queries.filters import like
from imagehub.librarian.queries.paging import EVER, Found, Source, Span, page
from imagehub.librarian.schema import cameras, nodes, plate_aliases, plate_sightings
from imagehub.librarian.schema import plates as plate_table
from imagehub.librarian.sight import Sight, condition

DAY_US = 86_400_000_000
USUAL = 3
of, seen = plate_table.c, plate_sightings.c


@dataclass(frozen=True, slots=True)
class PlateFilters:
    """Which plates are meant; what is left out does not matter. In `text`, `*` stands for anything."""

    text: str = ""
    region: str = ""
    identified: bool | None = None
    watched: bool | None = None


@dataclass(frozen=True, slots=True)
class KnownPlate:
    """A plate, what users say about it, and how often it was seen: in images, and on days of UTC.

    `cameras` are those that saw it most often, with how often each did. `aliases` are other readings of it.
    """

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
    first_us: int | None
    last_us: int | None
    cameras: tuple[tuple[str, int], ...]
    aliases: tuple[str, ...]


def table(
    connection: Connection, sight: Sight, filters: PlateFilters, cursor: str | None, limit: int
) -> Found[KnownPlate]:
    """Return a page of plates, those that came last first; those that cameras out of sight saw are left out.

    Raises:
        CursorError: the cursor is none.
    """
    where = _where(sight, filters)
    source = Source(of.id, of.id, tuple(where), Span(-EVER, EVER))
    return page(connection, lambda _: [source], partial(_known, connection, sight), cursor, limit)


def plate(connection: Connection, sight: Sight, id: int) -> KnownPlate | None:  # noqa: A002
    """Return a plate; None if there is none, or none that may be seen."""
    wanted = select(of.id).where(of.id == id, *_where(sight, PlateFilters()))
    found = _known(connection, sight, list(connection.execute(wanted).scalars()))
    return found[0] if found else None


def regions(connection: Connection) -> list[str]:
    """Return the regions of all plates, for a choice of them."""
    return list(connection.execute(select(of.region).where(of.region != "").distinct().order_by(of.region)).scalars())


def _where(sight: Sight, filters: PlateFilters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if sight is not None:
        mine = (seen.plate_id == of.id) & condition(seen.camera_id, sight)
        where.append(exists().where(mine).correlate(plate_table))
    if filters.text:
        where.append(func.upper(of.text).like(like(filters.text), escape="/"))
    if filters.region:
        where.append((of.region == filters.region) | of.region.like(f"{filters.region}-%"))
    for column, value in ((of.identified, filters.identified), (of.watched, filters.watched)):
        if value is not None:
            where.append(column.is_(value))
    return where


def _known(connection: Connection, sight: Sight, ids: Sequence[int]) -> list[KnownPlate]:
    if not ids:
        return []
    by_day = seen.time_us // DAY_US
    counts = func.count(), func.count(by_day.distinct()), func.min(seen.time_us), func.max(seen.time_us)
    mine = seen.plate_id.in_(ids) & condition(seen.camera_id, sight)
    seen_of = {
        row[0]: row[1:]
        for row in connection.execute(select(seen.plate_id, *counts).where(mine).group_by(seen.plate_id))
    }
    usual, other = _usual(connection, mine), _aliases(connection, ids)
    rows = connection.execute(select(plate_table).where(of.id.in_(ids)).order_by(of.id.desc()))
    return [_plate(row, seen_of.get(row.id, (0, 0, None, None)), usual[row.id], other[row.id]) for row in rows]


def _usual(connection: Connection, mine: ColumnElement[bool]) -> defaultdict[int, list[tuple[str, int]]]:
    many = func.count()
    joined = plate_sightings.join(cameras, seen.camera_id == cameras.c.id).join(nodes)
    wanted = select(seen.plate_id, nodes.c.name, cameras.c.view, many).select_from(joined).where(mine)
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    grouped = wanted.group_by(seen.plate_id, nodes.c.name, cameras.c.view).order_by(
        many.desc(), nodes.c.name, cameras.c.view
    )
    for number, node, view, times in connection.execute(ordered):
        if len(found[number]) < USUAL:
            found[number].append((full_name(node, view), times))
    return found


def _aliases(connection: Connection, ids: Sequence[int]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    alias = plate_aliases.c
    wanted = select(alias.plate_id, alias.text).where(alias.plate_id.in_(ids)).order_by(alias.text)
    for number, text in connection.execute(wanted):
        found[number].append(text)
    return found


def _plate(
    row: Row[Any], seen_of: Sequence[Any], usual: Iterable[tuple[str, int]], aliases: Iterable[str]
) -> KnownPlate:
    return KnownPlate(*row, *seen_of, tuple(usual), tuple(aliases))
