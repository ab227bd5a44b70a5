"""How the queue is: what waits, who works, and how fast; for `status`, pages and metrics."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from imagehub.librarian.schema import jobs, work
from imagehub.librarian.schema import workers as worker_table
from imagehub.librarian.vision.queue.jobs import DEAD, OBJECTS, RUNNING, SECOND, WAITING
from imagehub.librarian.vision.queue.workers import ALIVE_US, DROPPED, MINUTE

SPAN_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that looks into images; `alive`: it was heard of just now."""

    name: str
    model: str
    started_us: int
    beat_us: int
    alive: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What was done of a kind of jobs since the catalog was made: jobs, tries that failed, and the time they took."""

    done: int
    failed: int
    busy_us: int


@dataclass(frozen=True, slots=True)
class State:
    """The queue at one moment. `oldest_us` is how long the job has been due that is due longest.

    Rates are those of images over the last minutes: `ms_per_image` is the time that one worker takes.
    """

    waiting: dict[tuple[str, int], int]
    running: int
    dead: int
    oldest_us: int
    workers: list[Worker]
    images_per_second: float
    ms_per_image: float
    totals: dict[str, Done] = field(default_factory=dict)
    dropped: int = 0

    @property
    def waiting_images(self) -> int:
        """How many images wait to be looked at."""
        return sum(count for (kind, _), count in self.waiting.items() if kind == OBJECTS)

    @property
    def alive(self) -> int:
        """How many workers are there."""
        return sum(worker.alive for worker in self.workers)


def state(connection: Connection, now_us: int) -> State:
    """Return how the queue is."""
    columns = jobs.c.state, jobs.c.kind, jobs.c.priority, func.count()
    counts = connection.execute(select(*columns).group_by(*columns[:3])).all()
    sums = {name: sum(row[3] for row in counts if row[0] == name) for name in (RUNNING, DEAD)}
    totals = _totals(connection)
    dropped = totals.pop(DROPPED, Done(0, 0, 0)).done
    return State(
        {(row[1], row[2]): row[3] for row in counts if row[0] == WAITING},
        sums[RUNNING],
        sums[DEAD],
        _oldest_us(connection, now_us),
        _workers(connection, now_us),
        *_rates(connection, now_us),
        totals,
        dropped,
    )


def _oldest_us(connection: Connection, now_us: int) -> int:
    first = select(jobs.c.due_us).where(jobs.c.state == WAITING).order_by(jobs.c.due_us).limit(1)
    due_us = connection.execute(first).scalar()
    return 0 if due_us is None else max(0, now_us - due_us)


def _workers(connection: Connection, now_us: int) -> list[Worker]:
    rows = connection.execute(select(worker_table).order_by(worker_table.c.name))
    return [Worker(row.name, row.model, row.started_us, row.beat_us, row.beat_us >= now_us - ALIVE_US) for row in rows]


def _rates(connection: Connection, now_us: int) -> tuple[float, float]:
    """Return images a second and milliseconds an image, of the last whole minutes and the one that runs."""
    since = now_us // MINUTE - SPAN_MINUTES
    recent = (work.c.minute >= since) & (work.c.kind == OBJECTS)
    sums = select(func.sum(work.c.done), func.sum(work.c.done + work.c.failed), func.sum(work.c.busy_us))
    done, tries, busy_us = (int(number or 0) for number in connection.execute(sums.where(recent)).one())
    return done / ((now_us - since * MINUTE) / SECOND), busy_us / tries / 1000 if tries else 0.0


def _totals(connection: Connection) -> dict[str, Done]:
    sums = [func.sum(work.c[name]) for name in ("done", "failed", "busy_us")]
    rows = connection.execute(select(work.c.kind, *sums).group_by(work.c.kind))
    return {kind: Done(int(done), int(failed), int(busy)) for kind, done, failed, busy in rows}
