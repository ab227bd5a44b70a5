"""Each job is done once: whatever ends a worker, either the job is there or what came of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from happenings import NOON, SECOND, World, world
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import images
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision.queue import jobs
from imagehub.librarian.vision.queue.jobs import AGAIN, ASKED, EVENT, NO_EVENT, OBJECTS, PLATES, VOTES, Job, LostError

LEASE = 90 * SECOND


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog with five images, a second apart."""
    with world(tmp_path) as made:
        camera = made.camera()
        for number in range(5):
            made.image(camera, NOON + number * SECOND)
        yield made


def put(barn: World, image: int, priority: int = NO_EVENT, kind: str = OBJECTS, due_us: int | None = None) -> int:
    """Put a job."""
    with writing(barn.engine) as connection:
        return jobs.put(connection, kind, images.c.id == image, priority, NOON, due_us)


def take(
    barn: World, worker: str = "a:1", now_us: int = NOON, limit: int = 1, kinds: tuple[str, ...] = jobs.KINDS
) -> list[Job]:
    """Take jobs."""
    with writing(barn.engine) as connection:
        return jobs.take(connection, worker, now_us, kinds, LEASE, limit, max_tries=3)


def rows(barn: World) -> list[tuple[int, str, str]]:
    """Return image, state and error of all jobs."""
    with barn.engine.connect() as connection:
        found = connection.execute(select(table.c.image_id, table.c.state, table.c.error).order_by(table.c.id))
        return [(row[0], row[1], row[2]) for row in found]


def test_the_most_urgent_is_taken_first_and_of_those_the_newest(barn: World) -> None:
    """Whatever the order in which they were put."""
    for image, priority in ((1, AGAIN), (2, EVENT), (3, NO_EVENT), (4, EVENT), (5, ASKED)):
        put(barn, image, priority)
    assert [job.image_id for job in take(barn, limit=10)] == [5, 4, 2, 3, 1]
    assert take(barn) == []


def test_an_image_has_one_job_of_a_kind(barn: World) -> None:
    """A second one is not put; images that are going or gone get none."""
    assert [put(barn, 1), put(barn, 1), put(barn, 1, kind=PLATES), put(barn, 99)] == [1, 0, 1, 0]
    with writing(barn.engine) as connection:
        connection.execute(update(images).where(images.c.id == 2).values(state="going"))
    assert put(barn, 2) == 0


def test_only_kinds_that_are_wanted_and_due_are_taken(barn: World) -> None:
    """A worker may know some kinds only, and votes wait for their event to be over."""
    put(barn, 1, kind=VOTES, due_us=NOON + 10 * SECOND)
    put(barn, 2, kind=PLATES)
    assert take(barn, kinds=(OBJECTS,)) == []
    assert [job.kind for job in take(barn, limit=5)] == [PLATES]
    assert [job.kind for job in take(barn, limit=5, now_us=NOON + 10 * SECOND)] == [VOTES]


def test_who_has_nothing_to_do_asks_cheaply(barn: World) -> None:
    """Whether a job is due, or was lost by its worker."""

    def due(now_us: int) -> bool:
        with barn.engine.connect() as connection:
            return jobs.any_due(connection, now_us)

    assert not due(NOON)
    put(barn, 1, due_us=NOON + 1)
    assert (due(NOON), due(NOON + 1)) == (False, True)
    take(barn, now_us=NOON + 1)
    assert (due(NOON + 2), due(NOON + 1 + LEASE)) == (False, True)


def test_a_job_that_is_done_is_gone(barn: World) -> None:
    """And can't be done twice."""
    put(barn, 1)
    [job] = take(barn)
    with writing(barn.engine) as connection:
        jobs.done(connection, job)
    assert rows(barn) == []
    with pytest.raises(LostError), writing(barn.engine) as connection:
        jobs.done(connection, job)


def test_a_job_whose_lease_ran_out_is_taken_by_another(barn: World) -> None:
    """What the first one brings then is refused, be it by the same name."""
    put(barn, 1)
    [first] = take(barn)
    assert take(barn, "b:2", NOON + LEASE - 1) == []
    [second] = take(barn, "a:1", NOON + LEASE)
    assert (first.tries, second.tries) == (1, 2)
    with pytest.raises(LostError), writing(barn.engine) as connection:
        jobs.done(connection, first)
    with writing(barn.engine) as connection:
        jobs.done(connection, second)


def test_an_image_that_ends_workers_is_put_aside(barn: World) -> None:
    """After three of them, with that as the reason."""
    put(barn, 1)
    for number in range(3):
        assert len(take(barn, now_us=NOON + number * LEASE)) == 1
    assert take(barn, now_us=NOON + 3 * LEASE) == []
    assert rows(barn) == [(1, "dead", "a worker ended while it looked at it")]


def test_a_fault_that_may_pass_is_tried_again_later_each_time(barn: World) -> None:
    """Until it had enough tries; the reason of the last one stays."""
    put(barn, 1)
    now, pauses = NOON, []
    for number in range(3):
        [job] = take(barn, now_us=now)
        with writing(barn.engine) as connection:
            again = jobs.retry(connection, job, f"disk {number}\0", now, max_tries=3)
        with barn.engine.connect() as connection:
            pauses.append((connection.execute(select(table.c.due_us)).scalar_one() - now) // SECOND)
        assert again == (number < 2)
        now += 3600 * SECOND
    assert pauses[:2] == [5, 30]
    assert rows(barn) == [(1, "dead", r"disk 2\x00")]


def test_a_fault_that_stays_is_put_aside_at_once(barn: World) -> None:
    """From there it is tried anew or forgotten when a user says so."""
    for image in (1, 2):
        put(barn, image)
        [job] = take(barn)
        with writing(barn.engine) as connection:
            jobs.dead(connection, job, "no JPEG" + "!" * 2000)
    assert [row[1] for row in rows(barn)] == ["dead", "dead"]
    with writing(barn.engine) as connection:
        numbers = list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())
        assert jobs.retry_dead(connection, NOON, numbers[:1]) == 1
        assert jobs.retry_dead(connection, NOON, numbers[:1]) == 0
        assert jobs.discard(connection) == 1
    [job] = take(barn)
    assert (job.image_id, job.tries) == (1, 1)


def test_what_a_worker_took_and_could_not_do_for_the_catalog_counts_as_no_try(barn: World) -> None:
    """It is given back; those of others stay where they are."""
    for image in (1, 2):
        put(barn, image)
    take(barn, "a:1")
    take(barn, "b:2")
    with writing(barn.engine) as connection:
        jobs.give_back(connection, "a:1", NOON)
    [job] = take(barn, "c:3", limit=5)
    assert (job.image_id, job.tries) == (2, 1)


def test_jobs_of_a_worker_that_ended_are_free_at_once(barn: World) -> None:
    """Where somebody knows that it ended."""
    put(barn, 1)
    take(barn, "a:1")
    with writing(barn.engine) as connection:
        jobs.end_leases(connection, "a:1", NOON + 1)
    [job] = take(barn, "b:2", NOON + 1)
    assert job.tries == 2


def test_an_image_that_is_deleted_takes_its_jobs_along(barn: World) -> None:
    """Its worker learns so at the end, and nothing is recorded."""
    put(barn, 1)
    [job] = take(barn)
    with writing(barn.engine) as connection:
        connection.execute(delete(images).where(images.c.id == 1))
    assert rows(barn) == []
    with pytest.raises(LostError), writing(barn.engine) as connection:
        jobs.done(connection, job)


def test_an_image_that_is_going_is_lost_too(barn: World) -> None:
    """So that nothing is found in what is being deleted."""
    put(barn, 1)
    [job] = take(barn)
    with writing(barn.engine) as connection:
        connection.execute(update(images).values(state="going"))
    with pytest.raises(LostError), writing(barn.engine) as connection:
        jobs.done(connection, job)
    with writing(barn.engine) as connection:
        jobs.drop(connection, job)
    assert rows(barn) == []


def test_a_worker_goes_on_with_a_job_of_its_own(barn: World) -> None:
    """Put and taken at once, so that nobody else takes it; a kill leaves it to others."""
    put(barn, 1, EVENT)
    [job] = take(barn)
    with writing(barn.engine) as connection:
        jobs.done(connection, job)
        following = jobs.put_own(connection, PLATES, job, NOON, LEASE)
        assert jobs.put_own(connection, PLATES, job, NOON, LEASE) is None
    assert following is not None
    assert following._replace(id=0) == Job(0, PLATES, 1, EVENT, NOON, 1, "a:1")
    assert take(barn, "b:2") == []
    [taken] = take(barn, "b:2", NOON + LEASE)
    assert taken.kind == PLATES


def test_a_job_that_is_put_anew_takes_the_place_of_one_that_runs(barn: World) -> None:
    """What came in between would not be counted otherwise."""
    put(barn, 1, kind=VOTES)
    [job] = take(barn)
    with writing(barn.engine) as connection:
        jobs.put_anew(connection, VOTES, 1, EVENT, NOON, NOON + SECOND)
    with pytest.raises(LostError), writing(barn.engine) as connection:
        jobs.done(connection, job)
    [anew] = take(barn, now_us=NOON + SECOND)
    assert (anew.kind, anew.priority) == (VOTES, EVENT)


@pytest.mark.parametrize("state", ["none", "waiting", "dead"])
def test_who_asks_is_served_next(state: str, barn: World) -> None:
    """Whether the image waits already, was put aside, or was never put."""
    put(barn, 5, EVENT)
    if state != "none":
        put(barn, 1, NO_EVENT)
        with writing(barn.engine) as connection:
            connection.execute(update(table).where(table.c.image_id == 1).values(state=state, error="old"))
    with writing(barn.engine) as connection:
        jobs.ask(connection, OBJECTS, 1, NOON)
    [job] = take(barn)
    assert (job.image_id, job.priority) == (1, ASKED)
    assert ("old" in str(rows(barn))) is False


def test_a_queue_that_is_too_long_loses_the_oldest_without_an_event_first(barn: World) -> None:
    """What somebody asked for stays, and is not counted."""
    for image, priority in ((1, EVENT), (2, NO_EVENT), (3, NO_EVENT), (4, AGAIN), (5, ASKED)):
        put(barn, image, priority)
    with writing(barn.engine) as connection:
        assert jobs.trim(connection, 3) == 0
        assert jobs.trim(connection, 2) == 1
    assert [row[0] for row in rows(barn)] == [1, 3, 4, 5]
    with writing(barn.engine) as connection:
        assert jobs.trim(connection, 0) == 2
        assert connection.execute(select(func.count()).select_from(table)).scalar() == 2
