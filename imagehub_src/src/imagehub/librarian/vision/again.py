"""`imagehub-librarian look-again`: images of some days are looked into again, after those that arrive."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, select

from imagehub.errors import ImagehubError
from imagehub.librarian.catalog import writing
from imagehub.librarian.queries.cameras import full_name
from imagehub.librarian.schema import cameras, days, images, nodes
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision.queue import jobs, rates
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
    engine = jobs.engine_for(engine)
    chosen = _chosen(engine, span.cameras)
    with ExitStack() as stack:
        bar = stack.enter_context(Progress(None, "put into the queue", stream=sys.stderr))
        put = sum(_put(engine, camera, day, bar) for camera, day in _days(engine, span, chosen))
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


def _days(engine: Engine, span: Span, chosen: Sequence[int]) -> list[tuple[int, str]]:
    """Return camera and day of what is there, the newest day first."""
    first, last = span.since.isoformat(), span.until.isoformat()
    fits = days.c.day.between(first, last) & days.c.camera_id.in_(chosen) & (days.c.images > 0)
    with engine.connect() as connection:
        rows = connection.execute(select(days.c.camera_id, days.c.day).where(fits).order_by(days.c.day.desc()))
        return [(row.camera_id, row.day) for row in rows]


def _put(engine: Engine, camera: int, day: str, bar: Progress) -> int:
    ours = (images.c.camera_id == camera) & (images.c.day == day)
    with writing(engine) as connection:
        aside = table.c.image_id.in_(select(images.c.id).where(ours)) & (table.c.state == jobs.DEAD)
        connection.execute(delete(table).where(aside))
        put = jobs.put(connection, jobs.OBJECTS, ours, jobs.AGAIN, time.time_ns() // 1000)
    bar.advance(put)
    return put


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
