"""Puts each image that arrives into the queue, if its camera's images are to be looked into.

Images that motion was told of within a minute before go first. What is put and how far one has come are one
transaction, so no image is left out and none comes twice.
"""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, Engine, case, exists, func, insert, select, update

from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.schema import cameras, events, followers, images
from imagehub.librarian.vision.queue import jobs, workers

NAME = "vision"
BATCH = 2000
POLL_SECONDS = 1.0
TIDY_SECONDS = 10.0
EVENT_US = 60 * jobs.SECOND
# A worker needs an hour and more for so many; older ones are of little use to those who want to know what happens.
MAX_WAITING = 100_000

log = logging.getLogger(__name__)


def part(engine: Engine, arrivals: Arrivals) -> Callable[[threading.Event], None]:
    """Return the part for `service.work`."""
    engine = jobs.engine_for(engine)

    def enqueue(stop: threading.Event) -> None:
        wake = threading.Event()
        begin(engine)
        tidy_at = time.monotonic()
        with arrivals.listening(wake.set):
            while not stop.is_set():
                wake.clear()
                follow(engine, _now_us())
                if time.monotonic() >= tidy_at:
                    tidy(engine, _now_us())
                    tidy_at = time.monotonic() + TIDY_SECONDS
                wake.wait(POLL_SECONDS)

    return enqueue


def _now_us() -> int:
    return time.time_ns() // 1000


def begin(engine: Engine) -> None:
    """Begin with the newest image, if nobody ever looked: for older ones there is `look-again`."""
    with writing(engine) as connection:
        if _position(connection) is None:
            rest = dict.fromkeys(("event", "detection", "plate_sighting"), 0)
            connection.execute(insert(followers).values(name=NAME, image=_newest(connection), **rest))


def follow(engine: Engine, now_us: int, batch: int = BATCH) -> int:
    """Put the images that are new into the queue; return how many were put.

    Raises:
        CatalogError: another librarian does the same.
    """
    put = 0
    while _behind(engine):
        with writing(engine) as connection:
            put += _next(connection, now_us, batch)
    return put


def _behind(engine: Engine) -> bool:
    with engine.connect() as connection:
        position = _position(connection)
        return position is not None and _newest(connection) > position


def _position(connection: Connection) -> int | None:
    return connection.execute(select(followers.c.image).where(followers.c.name == NAME)).scalar()


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.max(images.c.id))).scalar() or 0


def _next(connection: Connection, now_us: int, batch: int) -> int:
    seen = _position(connection)
    assert seen is not None
    ids = select(images.c.id).where(images.c.id > seen).order_by(images.c.id).limit(batch).subquery()
    last = connection.execute(select(func.max(ids.c.id))).scalar()
    if last is None:
        return 0
    moved = update(followers).where(followers.c.name == NAME, followers.c.image == seen).values(image=last)
    if connection.execute(moved).rowcount != 1:
        raise CatalogError("another librarian follows this catalog: end one of them")
    wanted = select(cameras.c.id).where(cameras.c.check_objects | cameras.c.alpr)
    new = (images.c.id > seen) & (images.c.id <= last) & images.c.camera_id.in_(wanted)
    priority = case((_motion(), jobs.EVENT), else_=jobs.NO_EVENT)
    return jobs.put(connection, jobs.OBJECTS, new, priority, now_us)


def _motion() -> ColumnElement[bool]:
    near = events.c.time_us.between(images.c.time_us - EVENT_US, images.c.time_us)
    ours = (events.c.camera_id == images.c.camera_id) & (events.c.kind == "motion")
    return exists(select(events.c.id).where(ours & near).correlate(images))


def tidy(engine: Engine, now_us: int, most: int = MAX_WAITING) -> int:
    """Keep the queue bounded, and forget what workers did long ago; return how many images are not looked at."""
    with writing(engine) as connection:
        dropped = jobs.trim(connection, most)
        if dropped:
            workers.add(connection, workers.ALL, workers.DROPPED, workers.BEFORE, (dropped, 0, 0))
        workers.forget(connection, now_us)
    if dropped:
        log.warning("vision is behind by %d images: %d older ones are not looked at", most, dropped)
    return dropped
