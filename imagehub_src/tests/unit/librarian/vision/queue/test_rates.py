"""The state of the queue as status, pages and metrics show it."""

from pathlib import Path

import pytest

from happenings import NOON, SECOND, world
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import images
from imagehub.librarian.vision.queue import jobs, rates, workers


def test_an_empty_queue_is_all_zero(tmp_path: Path) -> None:
    """Nothing is divided by nothing."""
    with world(tmp_path) as barn, barn.engine.connect() as connection:
        assert rates.state(connection, NOON) == rates.State({}, 0, 0, 0, [], 0.0, 0.0)


def test_the_state_is_that_of_jobs_workers_and_the_last_minutes(tmp_path: Path) -> None:
    """By kind and priority; rates are those of images over five minutes."""
    with world(tmp_path) as barn:
        camera = barn.camera()
        for number in range(4):
            barn.image(camera, NOON + number)
        with writing(barn.engine) as connection:
            jobs.put(connection, jobs.OBJECTS, images.c.id <= 3, jobs.EVENT, NOON - 7 * SECOND)
            jobs.put(connection, jobs.VOTES, images.c.id == 4, jobs.NO_EVENT, NOON, NOON + 10 * SECOND)
            first, second = jobs.take(connection, "a:1", NOON, jobs.KINDS, SECOND, limit=2)
            jobs.dead(connection, first, "no JPEG")
            workers.beat(connection, "a:1", "coco-ssd", NOON, NOON)
            workers.beat(connection, "b:2", "coco-ssd", NOON, NOON - 60 * SECOND)
            for worker, minutes in (("a:1", 0), ("a:1", 4), ("b:2", 4), ("b:2", 30)):
                for _ in range(10):
                    workers.count(connection, worker, jobs.OBJECTS, NOON - minutes * workers.MINUTE, 40_000)
            workers.count(connection, "a:1", jobs.PLATES, NOON, 10, failed=True)
            workers.add(connection, workers.ALL, workers.DROPPED, workers.BEFORE, (8, 0, 0))
        with barn.engine.connect() as connection:
            state = rates.state(connection, NOON)
    assert second.kind == jobs.OBJECTS
    assert state.waiting == {("objects", 2): 1, ("votes", 1): 1}
    assert (state.waiting_images, state.running, state.dead, state.oldest_us) == (1, 1, 1, 7 * SECOND)
    assert [(worker.name, worker.alive) for worker in state.workers] == [("a:1", True), ("b:2", False)]
    assert (state.alive, state.ms_per_image) == (1, 40.0)
    assert state.images_per_second == pytest.approx(30 / 300, rel=0.2)
    assert state.totals["objects"] == rates.Done(40, 0, 1_600_000)
    assert (state.totals["plates"].failed, state.dropped) == (1, 8)
    assert set(state.totals) == {"objects", "plates"}
