"""Who works, and what was done."""

import os
import socket

from sqlalchemy import Engine, select

from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import work
from imagehub.librarian.schema import workers as table
from imagehub.librarian.vision.queue import workers
from imagehub.librarian.vision.queue.workers import MINUTE

NOW = 1_795_262_400_000_000


def test_a_worker_is_named_by_machine_and_process() -> None:
    """In a name that fits its column."""
    assert workers.own_name() == f"{socket.gethostname()}:{os.getpid()}"
    assert len(workers.name_of(2**22)) <= 100


def test_a_worker_that_beats_has_one_row(engine: Engine) -> None:
    """Until it leaves."""
    with writing(engine) as connection:
        for later in (0, 5):
            workers.beat(connection, "a:1", "coco-ssd", NOW, NOW + later)
        assert connection.execute(select(table.c.beat_us)).scalars().all() == [NOW + 5]
        workers.leave(connection, "a:1")
        assert connection.execute(select(table)).all() == []


def test_minutes_are_summed_and_old_ones_kept_as_one(engine: Engine) -> None:
    """So counts never fall; workers that were not heard of for a day are forgotten."""
    with writing(engine) as connection:
        workers.beat(connection, "old:1", "m", NOW, NOW - 25 * 60 * MINUTE)
        workers.beat(connection, "new:1", "m", NOW, NOW)
        for minutes_ago in (200, 100, 100, 0):
            workers.count(connection, "a:1", "objects", NOW - minutes_ago * MINUTE, 50_000)
        workers.count(connection, "b:1", "objects", NOW - 100 * MINUTE, 10_000, failed=True)
        for _ in range(2):
            workers.forget(connection, NOW)
        rows = connection.execute(select(work).order_by(work.c.minute)).all()
        assert [tuple(row) for row in rows] == [
            (0, "", "objects", 3, 1, 160_000),
            (NOW // MINUTE, "a:1", "objects", 1, 0, 50_000),
        ]
        assert connection.execute(select(table.c.name)).scalars().all() == ["new:1"]
