"""A catalog with pictures in its folder, and a worker in the test's own process that looks into them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from happenings import NOON, SECOND, World, world
from imagehub.librarian import settings
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import detections, images, objects
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision.queue import jobs
from imagehub.librarian.vision.working.handling import Handler
from imagehub.librarian.vision.working.loop import Loop
from imagehub.librarian.vision.working.pictures import Pictures
from imagehub.librarian.vision.working.watchdog import Watchdog
from imagehub.notify import Notifier
from word_eyes import PlainRecorder, WordEyes

NAME = "test:1"


class Gallery:
    """Cameras with pictures that are words; `loop` looks into those that are put into the queue."""

    def __init__(self, barn: World, folder: Path, **vision: Any) -> None:
        self.barn, self.engine, self.root = barn, barn.engine, folder
        self.now_us = NOON
        lines = "".join(f"  {name}: {value}\n" for name, value in vision.items())
        self.settings = settings.parse(f"librarian:\nvision:\n  enabled: true\n{lines}", folder)
        self.eyes, self.recorder = WordEyes(), PlainRecorder()
        self.pictures = Pictures(folder)
        (folder / "images").mkdir(exist_ok=True)

    @property
    def handler(self) -> Handler:
        """What does the jobs."""
        clock = lambda: self.now_us  # noqa: E731
        return Handler(self.engine, self.settings, self.eyes, self.pictures, self.recorder, 90 * SECOND, clock)

    @property
    def loop(self) -> Loop:
        """A worker."""
        dog = Watchdog(60, Notifier({}), {})
        return Loop(self.engine, self.settings.vision, self.handler, self.pictures, dog, NAME, lambda: self.now_us)

    def picture(self, camera: int, words: str, time_us: int = NOON) -> int:
        """Store a picture."""
        path = f"images/2026-11-21/{camera}-{time_us}.jpg"
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(words)
        return self.barn.image(camera, time_us, path=path)

    def put(self, image: int, priority: int = jobs.EVENT, kind: str = jobs.OBJECTS) -> None:
        """Put it into the queue."""
        with writing(self.engine) as connection:
            jobs.put(connection, kind, images.c.id == image, priority, self.now_us)

    def work(self) -> None:
        """Do all that is due."""
        loop = self.loop
        while loop.once():
            pass

    def found(self, image: int) -> list[str]:
        """Return the labels of what was found in an image."""
        wanted = select(objects.c.label).join_from(detections, objects).where(detections.c.image_id == image)
        with self.engine.connect() as connection:
            return sorted(connection.execute(wanted).scalars())

    def jobs(self) -> list[tuple[int, str, str, str]]:
        """Return image, kind, state and error of each job."""
        columns = table.c.image_id, table.c.kind, table.c.state, table.c.error
        with self.engine.connect() as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(select(*columns))]


@contextmanager
def gallery(folder: Path, **vision: Any) -> Iterator[Gallery]:
    """Give a catalog in SQLite, with these settings of vision."""
    with world(folder) as barn:
        yield Gallery(barn, folder, **vision)
