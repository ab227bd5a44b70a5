"""Workers: who looks into images, whether they are there, and what they did in each minute."""

import os
import socket
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from imagehub.librarian.catalog import clean
from imagehub.librarian.schema import NAME, work, workers

SECOND, MINUTE = 1_000_000, 60_000_000
BEAT_SECONDS = 10.0
# Who was not heard of for so long is not there any more.
ALIVE_US = 45 * SECOND
FORGET_WORKER_US = 24 * 60 * MINUTE
KEPT_MINUTES = 60
# What was done before the minutes that are kept stands in this one, so that counts never fall.
BEFORE, ALL = 0, ""
DROPPED = "dropped"

Values = Mapping[str, Any]


def own_name() -> str:
    """Return the name of this process as a worker: its machine and its number."""
    return name_of(os.getpid())


def name_of(process: int) -> str:
    """Return the name of a worker on this machine."""
    number = f":{process}"
    return clean(socket.gethostname())[: NAME - len(number)] + number


def beat(connection: Connection, name: str, model: str, started_us: int, now_us: int) -> None:
    """Say that a worker is there."""
    row = {"model": clean(model, 300), "started_us": started_us, "beat_us": now_us}
    _put(connection, workers, {"name": name}, row, row)


def leave(connection: Connection, name: str) -> None:
    """Say that a worker is gone."""
    connection.execute(delete(workers).where(workers.c.name == name))


def count(connection: Connection, worker: str, kind: str, now_us: int, took_us: int, failed: bool = False) -> None:
    """Add a job to what a worker did in this minute."""
    add(connection, worker, kind, now_us // MINUTE, (0, 1, took_us) if failed else (1, 0, took_us))


def add(connection: Connection, worker: str, kind: str, minute: int, done: tuple[int, int, int]) -> None:
    """Add jobs that were done, tries that failed, and the time they took to a minute of a worker."""
    sums = dict(zip(("done", "failed", "busy_us"), done, strict=True))
    more = {name: work.c[name] + number for name, number in sums.items()}
    _put(connection, work, {"minute": minute, "worker": worker, "kind": kind}, more, sums)


def _put(
    connection: Connection, table: Table, key: dict[str, Any], change: dict[str, Any], new: dict[str, Any]
) -> None:
    # Nobody else writes the rows of a worker, so nothing comes in between.
    same = [table.c[name] == value for name, value in key.items()]
    if connection.execute(update(table).where(*same).values(**change)).rowcount == 0:
        connection.execute(insert(table).values(**key, **new))


def forget(connection: Connection, now_us: int) -> None:
    """Add old minutes up in one row for each kind, and forget workers that were not heard of for a day."""
    old = (work.c.minute > BEFORE) & (work.c.minute < now_us // MINUTE - KEPT_MINUTES)
    sums = [func.sum(work.c[name]) for name in ("done", "failed", "busy_us")]
    for kind, *done in connection.execute(select(work.c.kind, *sums).where(old).group_by(work.c.kind)).all():
        add(connection, ALL, kind, BEFORE, (int(done[0]), int(done[1]), int(done[2])))
    connection.execute(delete(work).where(old))
    connection.execute(delete(workers).where(workers.c.beat_us < now_us - FORGET_WORKER_US))
