"""Jobs: what is to be done with which image. Each is done once; what ends a worker loses nothing.

A job is a row of the catalog until it is done: its deletion and what came of it are one transaction. Who takes a job
has it for the time of a lease. When that is over, because the worker was killed, somebody else may take it; the first
one's results are refused from then on.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from imagehub.errors import ImagehubError
from imagehub.librarian.catalog import clean
from imagehub.librarian.schema import images, jobs

OBJECTS, PLATES, VOTES = "objects", "plates", "votes"
KINDS = (OBJECTS, PLATES, VOTES)
ASKED, EVENT, NO_EVENT, AGAIN = 3, 2, 1, 0
WAITING, RUNNING, DEAD = "waiting", "running", "dead"
SECOND = 1_000_000
# Until a job is tried again: what is wrong with a disk or a service for a moment, for a while, for long.
PAUSES_US = (5 * SECOND, 30 * SECOND, 300 * SECOND, 1800 * SECOND)
MAX_ERROR = 1000
ENDED = "a worker ended while it looked at it"


class LostError(ImagehubError):
    """The job is not this worker's any more: its lease ran out, or the image is gone."""


class Job(NamedTuple):
    """A job that a worker has taken."""

    id: int
    kind: str
    image_id: int
    priority: int
    time_us: int
    tries: int
    worker: str

    @property
    def quiet(self) -> bool:
        """The image is looked at again: nobody is notified."""
        return self.priority == AGAIN


def engine_for(engine: Engine) -> Engine:
    """Return the engine to use the queue with: where MariaDB would lock gaps between rows, it does not."""
    mariadb = engine.dialect.name in {"mysql", "mariadb"}
    return engine.execution_options(isolation_level="READ COMMITTED") if mariadb else engine


def put(
    connection: Connection,
    kind: str,
    which: ColumnElement[bool],
    priority: int | ColumnElement[int],
    now_us: int,
    due_us: int | None = None,
) -> int:
    """Put a job for each stored image that fits, unless there is one of that kind; return how many were put."""
    level = literal(priority) if isinstance(priority, int) else priority
    start = {"kind": literal(kind), "image_id": images.c.id, "priority": level, "time_us": images.c.time_us}
    state = {"state": WAITING, "due_us": now_us if due_us is None else due_us, "tries": 0, "worker": "", "error": ""}
    row = start | {name: literal(value) for name, value in state.items()}
    wanted = select(*row.values()).where(images.c.state == "stored", which)
    return connection.execute(_insert(connection, list(row), wanted)).rowcount


def _insert(connection: Connection, columns: list[str], rows: Select[Any]) -> Any:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(jobs).from_select(columns, rows).on_conflict_do_nothing()
    if connection.dialect.name == "sqlite":
        return sqlite.insert(jobs).from_select(columns, rows).on_conflict_do_nothing()
    return insert(jobs).prefix_with("IGNORE").from_select(columns, rows)


def put_anew(connection: Connection, kind: str, image_id: int, priority: int, now_us: int, due_us: int) -> None:
    """Put a job for an image in place of the one that there may be, be it running: its results are refused then."""
    connection.execute(delete(jobs).where(jobs.c.image_id == image_id, jobs.c.kind == kind))
    put(connection, kind, images.c.id == image_id, priority, now_us, due_us)


def put_own(connection: Connection, kind: str, of: Job, now_us: int, lease_us: int) -> Job | None:
    """Put a job for the image of another one, taken already by its worker; None: there is one."""
    if not put(connection, kind, images.c.id == of.image_id, of.priority, now_us):
        return None
    same = (jobs.c.image_id == of.image_id) & (jobs.c.kind == kind)
    mine = {"state": RUNNING, "worker": of.worker, "tries": 1, "due_us": now_us + lease_us}
    connection.execute(update(jobs).where(same).values(**mine))
    row = connection.execute(select(*_columns()).where(same)).one()
    return _job(row, of.worker)


def _columns() -> list[Any]:
    return [jobs.c[name] for name in Job._fields[:-1]]


def _job(row: Row[Any], worker: str) -> Job:
    return Job(**row._asdict(), worker=worker)


def ask(connection: Connection, kind: str, image_id: int, now_us: int) -> None:
    """See to it that an image is looked at next, as somebody waits: also one that was put aside."""
    same = (jobs.c.image_id == image_id) & (jobs.c.kind == kind)
    connection.execute(delete(jobs).where(same, jobs.c.state == DEAD))
    connection.execute(
        update(jobs).where(same, jobs.c.state == WAITING).values(priority=ASKED, due_us=now_us, error="")
    )
    put(connection, kind, images.c.id == image_id, ASKED, now_us)


def any_due(connection: Connection, now_us: int) -> bool:
    """Tell whether a job can be taken: a cheap question, for those who have nothing to do."""
    due = (
        select(exists(select(jobs.c.id).where(jobs.c.state == state, jobs.c.due_us <= now_us)))
        for state in (WAITING, RUNNING)
    )
    return any(connection.execute(question).scalar() for question in due)


def take(
    connection: Connection,
    worker: str,
    now_us: int,
    kinds: Sequence[str],
    lease_us: int,
    limit: int = 1,
    max_tries: int = 3,
) -> list[Job]:
    """Take the most urgent jobs, in a transaction that writes; each has one taker until its lease runs out.

    A job that ended `max_tries` workers is put aside with that as the reason.
    """
    _take_back(connection, now_us, max_tries)
    due = (jobs.c.state == WAITING) & (jobs.c.due_us <= now_us) & jobs.c.kind.in_(kinds)
    order = jobs.c.priority.desc(), jobs.c.time_us.desc()
    free = select(*_columns()).where(due).order_by(*order).limit(limit).with_for_update(skip_locked=True)
    found = [_job(row, worker) for row in connection.execute(free)]
    if found:
        mine = {"state": RUNNING, "worker": worker, "due_us": now_us + lease_us, "tries": jobs.c.tries + 1}
        connection.execute(update(jobs).where(jobs.c.id.in_([job.id for job in found])).values(**mine))
    return [job._replace(tries=job.tries + 1) for job in found]


def _take_back(connection: Connection, now_us: int, max_tries: int) -> None:
    """Let those jobs wait again whose workers lost them."""
    lost = select(jobs.c.id, jobs.c.tries).where(jobs.c.state == RUNNING, jobs.c.due_us <= now_us)
    rows = connection.execute(lost.limit(100).with_for_update(skip_locked=True)).all()
    hopeless = [row.id for row in rows if row.tries >= max_tries]
    others = [row.id for row in rows if row.tries < max_tries]
    if hopeless:
        connection.execute(update(jobs).where(jobs.c.id.in_(hopeless)).values(state=DEAD, error=ENDED))
    if others:
        connection.execute(update(jobs).where(jobs.c.id.in_(others)).values(state=WAITING, error=ENDED))


def _still(job: Job) -> ColumnElement[bool]:
    return (jobs.c.id == job.id) & (jobs.c.worker == job.worker) & (jobs.c.tries == job.tries) & _runs()


def _runs() -> ColumnElement[bool]:
    return jobs.c.state == RUNNING


def done(connection: Connection, job: Job) -> None:
    """Take a job out of the queue; what came of it belongs into the same transaction, after this.

    The image's row is locked first, as those do who delete images, so that neither waits for the other.

    Raises:
        LostError: it is not this worker's any more: roll back.
    """
    stored = select(images.c.id).where(images.c.id == job.image_id, images.c.state == "stored")
    there = connection.execute(stored.with_for_update(read=True, key_share=True)).first() is not None
    if connection.execute(delete(jobs).where(_still(job))).rowcount != 1 or not there:
        raise LostError(f"image {job.image_id}: the job is not ours any more, or the image is gone")


def retry(connection: Connection, job: Job, reason: str, now_us: int, max_tries: int) -> bool:
    """Let a job wait for another try, or put it aside if it had enough; tell whether it will be tried again."""
    if job.tries >= max_tries:
        dead(connection, job, reason)
        return False
    due_us = now_us + PAUSES_US[min(job.tries, len(PAUSES_US)) - 1]
    again = {"state": WAITING, "due_us": due_us, "error": clean(reason, MAX_ERROR)}
    connection.execute(update(jobs).where(_still(job)).values(**again))
    return True


def dead(connection: Connection, job: Job, reason: str) -> None:
    """Put a job aside for good, with the reason."""
    connection.execute(update(jobs).where(_still(job)).values(state=DEAD, error=clean(reason, MAX_ERROR)))


def drop(connection: Connection, job: Job) -> None:
    """Take a job out of the queue that nothing can come of, if it is still this worker's."""
    connection.execute(delete(jobs).where(_still(job)))


def give_back(connection: Connection, worker: str, now_us: int) -> None:
    """Let the jobs of a worker wait again as if it had not taken them: the catalog failed it, not they."""
    free = {"state": WAITING, "due_us": now_us, "tries": jobs.c.tries - 1}
    connection.execute(update(jobs).where(_runs(), jobs.c.worker == worker).values(**free))


def end_leases(connection: Connection, worker: str, now_us: int) -> None:
    """Let others take at once what a worker had that has ended."""
    connection.execute(update(jobs).where(_runs(), jobs.c.worker == worker).values(due_us=now_us))


def retry_dead(connection: Connection, now_us: int, only: Sequence[int] | None = None) -> int:
    """Let jobs that were put aside be tried anew, those of these ids or all; return how many."""
    anew = {"state": WAITING, "due_us": now_us, "tries": 0}
    return connection.execute(update(jobs).where(*_aside(only)).values(**anew)).rowcount


def discard(connection: Connection, only: Sequence[int] | None = None) -> int:
    """Forget jobs that were put aside, those of these ids or all; return how many."""
    return connection.execute(delete(jobs).where(*_aside(only))).rowcount


def _aside(only: Sequence[int] | None) -> list[ColumnElement[bool]]:
    chosen = [jobs.c.state == DEAD]
    return chosen if only is None else [*chosen, jobs.c.id.in_(only)]


def trim(connection: Connection, most: int) -> int:
    """Drop waiting jobs beyond so many, those without an event first, then the oldest; return how many.

    Images that somebody asked for, or that are looked at again, are neither counted nor dropped.
    """
    ours = (jobs.c.state == WAITING) & jobs.c.priority.in_((NO_EVENT, EVENT)) & (jobs.c.kind == OBJECTS)
    count = connection.execute(select(func.count()).select_from(jobs).where(ours)).scalar_one()
    if count <= most:
        return 0
    oldest = select(jobs.c.id).where(ours).order_by(jobs.c.priority, jobs.c.time_us).limit(count - most)
    excess = list(connection.execute(oldest.with_for_update(skip_locked=True)).scalars())
    for start in range(0, len(excess), 500):
        connection.execute(delete(jobs).where(jobs.c.id.in_(excess[start : start + 500])))
    return len(excess)
