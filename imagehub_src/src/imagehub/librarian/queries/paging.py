"""How rows are read in the order of their times, page by page, whatever the number of rows behind and before them.

A page is merged from sources. Each is a range of one index, read from its near end and no further than a page is
long; so the work depends on the number of sources, and not on that of the rows. Nothing is skipped over by number.
"""

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select, union_all

from imagehub.librarian.queries.faults import CursorError

Item = TypeVar("Item")
Key = tuple[int, int]

# Selects in one statement: databases take long to plan a great many, and the first ones often suffice.
TOGETHER = 25
EVER = 1 << 61
CURSOR = re.compile(r"([on])(-?\d{1,18})\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found(Generic[Item]):
    """A page, newest first; `next` is the cursor of the older page, `previous` that of the newer one."""

    items: list[Item]
    next: str | None
    previous: str | None


class Span(NamedTuple):
    """From a time to another, which does not belong to it."""

    start_us: int
    end_us: int

    def __and__(self, other: "Span") -> "Span":
        """Return what both have in common; it is empty if its end is not behind its start."""
        return Span(max(self.start_us, other.start_us), min(self.end_us, other.end_us))


class Place(NamedTuple):
    """Where a page begins, and into which direction it goes; the row with this time and id is not on it."""

    time_us: int
    id: int
    newer: bool

    @property
    def ahead(self) -> Span:
        """The times that the page may have."""
        return Span(self.time_us, EVER) if self.newer else Span(-EVER, self.time_us + 1)


NEWEST = Place(EVER - 1, 0, newer=False)


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that one index has in the order of their times."""

    time: ColumnElement[int]
    id: ColumnElement[int]
    where: tuple[ColumnElement[bool], ...]
    span: Span


def place(cursor: str | None) -> Place:
    """Return the place that a cursor stands for; None is the newest row.

    Raises:
        CursorError: the text is no cursor.
    """
    if cursor is None:
        return NEWEST
    match = CURSOR.fullmatch(cursor)
    if match is None:
        raise CursorError
    return Place(int(match[2]), int(match[3]), match[1] == "n")


def bounded(start_us: int | None, end_us: int | None) -> Span:
    """Return a span of which an end, or both, may be open."""
    return Span(-EVER if start_us is None else start_us, EVER if end_us is None else end_us)


def page(
    connection: Connection,
    sources: Callable[[Place], Iterable[Source]],
    rows: Callable[[list[int]], list[Item]],
    cursor: str | None,
    limit: int,
) -> Found[Item]:
    """Return a page: the rows of the keys that the sources have there.

    Raises:
        CursorError: the text is no cursor.
    """
    begin = place(cursor)
    found = keys(connection, sources(begin), begin, limit + 1)
    more, found = len(found) > limit, sorted(found[:limit], reverse=True)
    older = bool(found) and (more or begin.newer)
    newer = bool(found) and (more if begin.newer else cursor is not None)
    items = rows([number for _, number in found])
    return Found(items, _cursor("o", found[-1]) if older else None, _cursor("n", found[0]) if newer else None)


def _cursor(direction: str, key: Key) -> str:
    return f"{direction}{key[0]}.{key[1]}"


def keys(connection: Connection, sources: Iterable[Source], begin: Place, limit: int) -> list[Key]:
    """Return time and id of the `limit` rows next to a place, the closest first.

    The sources come in the order in which a page meets them: see `in_order`.
    """
    found: list[Key] = []
    near = (replace(source, span=source.span & begin.ahead) for source in sources)
    waiting = (source for source in near if source.span.start_us < source.span.end_us)
    while batch := list(islice(waiting, TOGETHER)):
        if len(found) == limit and _beyond(batch[0].span, found[-1][0], begin.newer):
            break
        new = together(connection, [_select(source, begin, limit) for source in batch])
        found = sorted({*found, *((time, number) for time, number in new)}, reverse=not begin.newer)[:limit]
    return found


def in_order(lanes: Iterable[Iterable[Source]], newer: bool) -> Iterator[Source]:
    """Merge sources that come, lane by lane, in the order in which a page meets them."""
    return heapq.merge(*lanes, key=lambda source: source.span.start_us if newer else -source.span.end_us)


def together(connection: Connection, selects: Sequence[Select[Any]]) -> list[Row[Any]]:
    """Return the rows of selects that each have an order and a limit, in few statements and in no order."""
    found: list[Row[Any]] = []
    for start in range(0, len(selects), TOGETHER):
        batch = selects[start : start + TOGETHER]
        # SQLite takes an order and a limit inside of a union only in a select of its own.
        one = batch[0] if len(batch) == 1 else union_all(*(select(part.subquery()) for part in batch))
        found += connection.execute(one)
    return found


def _beyond(span: Span, time_us: int, newer: bool) -> bool:
    """Tell whether a span, and so each after it, has only rows behind those of a time."""
    return span.start_us > time_us if newer else span.end_us <= time_us


def _select(source: Source, begin: Place, limit: int) -> Select[Any]:
    time, number, span = source.time, source.id, source.span
    where = [*source.where]
    if span.start_us > -EVER:
        where.append(time >= span.start_us)
    if span.end_us < EVER:
        where.append(time < span.end_us)
    if begin.newer:
        where.append(or_(time > begin.time_us, number > begin.id))
        order = time.asc(), number.asc()
    else:
        order = time.desc(), number.desc()
        if begin != NEWEST:
            where.append(or_(time < begin.time_us, number < begin.id))
    return select(time.label("time_us"), number.label("id")).where(*where).order_by(*order).limit(limit)
