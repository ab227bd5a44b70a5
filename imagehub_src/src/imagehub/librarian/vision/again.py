"""`imagehub-librarian look-again`: images of some days are looked into again, after those that arrive."""

import sys
import time
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from imagehub.errors import ImagehubError
from imagehub.librarian.queries.cameras import full_name
from imagehub.librarian.schema import cameras, nodes
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision.queue import jobs, rates
from imagehub.librarian.vision.queue.spans import put_again
from imagehub.terminal.progress import Progress

LOOK_SECONDS = 0.5


class Span(NamedTuple):
    """Which images: of these cameras, from one day of the hub to another one, both included."""

    since: date
    until: date
    cameras: Sequence[str] = ()


def run(engine: Engine, span: Span, wait: bool) -> int:
    """Put the images into the queue and, with `wait`, show how far workers are until they are done; return 0.

    Raises:
        ImagehubError: there is no such camera, or none whose images are looked into.
    """
    chosen, first, last = _chosen(engine, span.cameras), span.since.isoformat(), span.until.isoformat()
    with Progress(None, "put into the queue", stream=sys.stderr) as bar:
        put = put_again(engine, first, last, chosen, time.time_ns() // 1000, bar.advance)
    if wait and put:
        return _watch(engine, put)
    return 0


def _chosen(engine: Engine, names: Sequence[str]) -> list[int]:
    columns = cameras.c.id, nodes.c.name, cameras.c.view, cameras.c.check_objects, cameras.c.alpr
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).join_from(cameras, nodes)).all()
    known: dict[str, list[int]] = {}
    for row in rows:
        known.setdefault(full_name(row.name, row.view), []).append(row.id)
    if missing := sorted(set(names) - set(known)):
        raise ImagehubError(f"no camera {missing[0]!r}; there are: {', '.join(sorted(known)) or 'none'}")
    if names:
        return [number for name in dict.fromkeys(names) for number in known[name]]
    if not (wanted := [row.id for row in rows if row.check_objects or row.alpr]):
        raise ImagehubError("no camera has its images looked into: say so on the page Cameras, or name some")
    return wanted


def _watch(engine: Engine, put: int) -> int:
    left = put
    try:
        with Progress(put, "looked at", stream=sys.stderr) as bar:
            _warn(engine, bar)
            while left:
                time.sleep(LOOK_SECONDS)
                with engine.connect() as connection:
                    now = min(left, _left(connection))
                bar.advance(left - now)
                left = now
    except KeyboardInterrupt:
        print(f"{left} images stay in the queue: workers go on with them", file=sys.stderr)
        return 130
    return 0


def _warn(engine: Engine, bar: Progress) -> None:
    with engine.connect() as connection:
        alive = rates.state(connection, time.time_ns() // 1000).alive
    if not alive:
        bar.say("no worker is there: the images wait until `imagehub-librarian run` or `worker` looks at them")


def _left(connection: Connection) -> int:
    """Return how many images are still to be looked at again."""

    def count(state: str) -> int:
        ours: ColumnElement[bool] = (table.c.state == state) & (table.c.priority == jobs.AGAIN)
        counted = select(func.count()).select_from(table).where(ours, table.c.kind == jobs.OBJECTS)
        return connection.execute(counted).scalar_one()

    return count(jobs.WAITING) + count(jobs.RUNNING)
