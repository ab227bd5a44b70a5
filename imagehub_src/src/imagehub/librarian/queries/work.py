"""What do workers look at, and what could they not look at?"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, func, select

from imagehub.librarian.queries.cameras import full_name
from imagehub.librarian.queries.paging import Found, Source, bounded, page
from imagehub.librarian.schema import cameras, images, jobs, nodes, work

DEAD = "dead"
PRIORITIES = range(4)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was put aside: it was tried too often, or can never be done; `error` says why."""

    id: int
    kind: str
    image_id: int
    camera_id: int
    camera: str
    time_us: int
    tries: int
    worker: str
    error: str


@dataclass(frozen=True, slots=True)
class Minute:
    """What all workers did in one minute: images that they looked at, tries that failed, and the time that took."""

    minute: int
    done: int
    failed: int
    busy_us: int


def dead_letters(connection: Connection, cursor: str | None, limit: int) -> Found[DeadLetter]:
    """Return a page of the jobs that were put aside, those of the newest images first.

    Raises:
        CursorError: the cursor is none.
    """
    each = [(jobs.c.state == DEAD, jobs.c.priority == priority) for priority in PRIORITIES]
    found = [Source(jobs.c.time_us, jobs.c.id, where, bounded(None, None)) for where in each]
    return page(connection, lambda _: found, partial(_rows, connection), cursor, limit)


def dead_letter(connection: Connection, id: int) -> DeadLetter | None:  # noqa: A002
    """Return a job that was put aside; None if there is none."""
    found = _rows(connection, [id])
    return found[0] if found else None


def _rows(connection: Connection, ids: list[int]) -> list[DeadLetter]:
    of = jobs.c
    columns = of.id, of.kind, of.image_id, images.c.camera_id, of.time_us, of.tries, of.worker, of.error
    joined = jobs.join(images).join(cameras, cameras.c.id == images.c.camera_id).join(nodes)
    wanted = select(*columns, nodes.c.name.label("node"), cameras.c.view).select_from(joined)
    found = {row.id: _letter(row) for row in connection.execute(wanted.where(of.id.in_(ids), of.state == DEAD))}
    return [found[number] for number in ids if number in found]


def _letter(row: Row[Any]) -> DeadLetter:
    plain = {name: getattr(row, name) for name in DeadLetter.__slots__ if name != "camera"}
    return DeadLetter(**plain, camera=full_name(row.node, row.view))


def minutes(connection: Connection, kind: str, since: int) -> list[Minute]:
    """Return what was done of a kind in each minute since 1970 from one on, in which anything was, the oldest first."""
    sums = (func.sum(work.c[name]) for name in ("done", "failed", "busy_us"))
    own = select(work.c.minute, *sums).where(work.c.minute >= since, work.c.kind == kind)
    rows = connection.execute(own.group_by(work.c.minute).order_by(work.c.minute))
    return [Minute(*map(int, row)) for row in rows]
