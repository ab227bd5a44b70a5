"""Workers as processes share one queue: each image is looked at once, whatever happens to them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, func, select

import word_eyes
from happenings import NOON, World
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import detections, images, objects, work
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision.queue import jobs, rates
from running import until

TESTS = Path(__file__).parents[1]


class Yard:
    """A catalog with pictures of words, and workers as processes that look for them."""

    def __init__(self, engine: Engine, url: str, folder: Path) -> None:
        self.engine, self.folder, self.barn = engine, folder, World(engine, folder)
        self.url = url

    def configure(self, **vision: Any) -> None:
        """Write the settings of workers."""
        sections = {
            "librarian": {"hub_directory": str(self.folder), "database": self.url},
            "vision": {"enabled": True, **vision},
        }
        (self.folder / "librarian.yaml").write_text(yaml.safe_dump(sections))

    def pictures(self, words: list[str], priority: int = jobs.EVENT) -> list[int]:
        """Store pictures, the last one the newest, and put them into the queue."""
        camera = self.barn.camera(f"Barn{priority}", check_objects=True)
        numbers = [self._picture(camera, text, NOON + at * 1000 + priority) for at, text in enumerate(words)]
        with writing(self.engine) as connection:
            jobs.put(connection, jobs.OBJECTS, images.c.id.in_(numbers), priority, time.time_ns() // 1000)
        return numbers

    def _picture(self, camera: int, text: str, time_us: int) -> int:
        path = f"images/2026-11-21/{time_us}.jpg"
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)
        return self.barn.image(camera, time_us, path=path)

    def start(self, seconds: float = 0.0) -> "subprocess.Popen[bytes]":
        """Start a worker that needs so long for each picture."""
        words = [sys.executable, str(Path(word_eyes.__file__)), str(self.folder), str(seconds)]
        paths = os.pathsep.join(path for path in sys.path if path)
        with (self.folder / "workers.log").open("ab") as log:
            return subprocess.Popen(words, stderr=log, env={**os.environ, "PYTHONPATH": paths})

    @contextmanager
    def working(self, count: int, seconds: float = 0.0) -> Iterator[list["subprocess.Popen[bytes]"]]:
        """Let so many workers work meanwhile."""
        workers = [self.start(seconds) for _ in range(count)]
        try:
            yield workers
        finally:
            for worker in workers:
                worker.terminate()
            codes = [worker.wait(60) for worker in workers]
        assert set(codes) <= {0, -signal.SIGKILL, 70}, self.log()

    def left(self) -> int:
        """Return how many jobs are not done, nor put aside."""
        with self.engine.connect() as connection:
            open_ = select(func.count()).select_from(table).where(table.c.state != jobs.DEAD)
            return connection.execute(open_).scalar_one()

    def dead(self) -> dict[int, str]:
        """Return why each image was put aside."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(table.c.image_id, table.c.error).where(table.c.state == jobs.DEAD))
            return {row.image_id: row.error for row in rows}

    def found(self) -> Counter[tuple[int, str]]:
        """Return how often each label was found in each image."""
        wanted = select(detections.c.image_id, objects.c.label).join_from(detections, objects)
        with self.engine.connect() as connection:
            return Counter((row.image_id, row.label) for row in connection.execute(wanted))

    def free_lost_jobs(self) -> None:
        """Let the leases of workers that were killed end, as they would in a minute and a half."""
        with writing(self.engine) as connection:
            for worker in {row.worker for row in connection.execute(select(table.c.worker).distinct())}:
                if worker and not Path(f"/proc/{worker.rpartition(':')[2]}").exists():
                    jobs.end_leases(connection, worker, time.time_ns() // 1000)

    def log(self) -> str:
        """Return what the workers have logged."""
        return (self.folder / "workers.log").read_text()


@pytest.fixture
def yard(engine: Engine, url: str, tmp_path: Path) -> Yard:
    """Give a catalog in a database of each kind."""
    made = Yard(engine, url, tmp_path)
    made.configure()
    return made


def test_several_workers_do_each_job_once(yard: Yard) -> None:
    """They share the work, and what each did is counted."""
    numbers = yard.pictures(["person dog"] * 200)
    with yard.working(3, 0.01):
        until(lambda: not yard.left(), "the work", 120)
    assert yard.found() == Counter((number, label) for number in numbers for label in ("person", "dog"))
    with yard.engine.connect() as connection:
        done = dict(
            tuple(row)
            for row in connection.execute(select(work.c.worker, func.sum(work.c.done)).group_by(work.c.worker))
        )
        assert rates.state(connection, time.time_ns() // 1000).workers == []
    assert sum(done.values()) == 200
    assert len(done) == 3


def test_killed_workers_lose_nothing_and_double_nothing(yard: Yard) -> None:
    """A SIGKILL at any time leaves either a job or what came of it."""
    yard.configure(tries=100)
    numbers = yard.pictures(["person dog"] * 150)
    chance, workers, kills = random.Random(5), [yard.start(0.02) for _ in range(2)], 0
    try:
        until(lambda: yard.left() < 150, "a start", 60)
        while yard.left():
            with pytest.raises(subprocess.TimeoutExpired):
                workers[0].wait(chance.uniform(0.05, 0.6))
            if kills < 8:
                victim = workers.pop(0)
                victim.kill()
                victim.wait()
                kills += 1
                workers.append(yard.start(0.02))
            yard.free_lost_jobs()
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait(60)
    assert kills > 2
    assert yard.found() == Counter((number, label) for number in numbers for label in ("person", "dog"))
    assert yard.dead() == {}


def test_the_most_urgent_and_newest_come_first(yard: Yard) -> None:
    """A worker that is behind looks at what happens now."""
    kinds = {level: yard.pictures(["dog"] * 3, level) for level in (jobs.NO_EVENT, jobs.AGAIN, jobs.ASKED, jobs.EVENT)}
    with yard.working(1):
        until(lambda: not yard.left(), "the work")
    with yard.engine.connect() as connection:
        order = list(connection.execute(select(detections.c.image_id).order_by(detections.c.id)).scalars())
    assert order == [number for level in (3, 2, 1, 0) for number in reversed(kinds[level])]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Yard]:
    """Give a catalog in SQLite: what follows does not depend on the database."""
    from imagehub.librarian import catalog

    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    engine = catalog.connect(url)
    yield Yard(engine, url, tmp_path)
    engine.dispose()


def test_an_image_that_ends_workers_is_put_aside(one: Yard) -> None:
    """After three of them; the others are looked at."""
    one.configure()
    bad, good = one.pictures(["kill", "dog"])
    for _ in range(3):
        worker = one.start()
        assert worker.wait(60) == -signal.SIGKILL
        one.free_lost_jobs()
    with one.working(1):
        until(lambda: not one.left(), "the rest")
    assert one.dead() == {bad: "a worker ended while it looked at it"}
    assert one.found() == {(good, "dog"): 1}


def test_a_worker_that_hangs_ends_itself(one: Yard) -> None:
    """With a line that names the image."""
    one.configure(job_seconds=5)
    [number] = one.pictures(["hang"])
    worker = one.start()
    try:
        assert worker.wait(60) == 70
    finally:
        worker.kill()
    assert f"image {number}, objects took more than 5 s: this worker ends" in one.log()


def test_a_worker_with_nothing_to_do_costs_next_to_nothing(one: Yard) -> None:
    """Less than two hundredths of a core; and SIGTERM ends it."""
    one.configure()
    [number] = one.pictures(["dog"])
    with one.working(1) as [worker]:
        until(lambda: one.found()[number, "dog"], "its start")

        def seconds() -> float:
            fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        before = seconds()
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(5)
        assert seconds() - before < 0.1
