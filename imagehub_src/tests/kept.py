"""A hub's data of several days with its catalog, for tests of what is deleted and what is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select

from hubdata import JPEG, NOON, event, image, keep, open_store
from imagehub import check as hub_check
from imagehub.images import FOLDER as IMAGES
from imagehub.librarian import check
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import writing
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.retention import set_policy
from imagehub.librarian.schema import cameras, days, deletions, images, nodes
from imagehub.testing import FakeClock

SIZE = len(JPEG)
ADA = Actor(None, "ada")


@dataclass
class Kept:
    """A hub's directory and the catalog that follows it; `now` is the hub's time."""

    engine: Engine
    root: Path
    now: datetime

    def policy(
        self, camera: str | None = None, day_class: str = "any", days: int | None = None, size: int | None = None
    ) -> int:
        """Set a policy, for a camera by its name."""
        with writing(self.engine) as connection:
            number = self.camera(camera) if camera else None
            return set_policy(connection, ADA, number, day_class, days, size)

    def camera(self, name: str) -> int:
        """Return the id of a camera."""
        node, _, view = name.partition(" ")
        wanted = select(cameras.c.id).join(nodes).where(nodes.c.name == node, cameras.c.view == view)
        with self.engine.connect() as connection:
            return int(connection.execute(wanted).scalar_one())

    def ids(self) -> list[int]:
        """Return the ids of all images, oldest first."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(images.c.id).order_by(images.c.time_us, images.c.id)).scalars())

    def stored(self) -> set[str]:
        """Return the paths of the images that the catalog shows."""
        with self.engine.connect() as connection:
            return set(connection.execute(select(images.c.path).where(images.c.state == "stored")).scalars())

    def files(self) -> set[str]:
        """Return the paths of the images on disk."""
        return {str(path.relative_to(self.root)) for path in (self.root / IMAGES).glob("*/*")}

    def days(self, name: str = "Barn P1") -> list[str]:
        """Return the days of a camera's images, one for each, as days of the month."""
        stem = name.replace(" ", "-")
        return sorted(path.split("/")[1][8:] for path in self.stored() if path.split("/")[2].startswith(stem))

    def assert_whole(self) -> None:
        """Catalog, files, counts and both checks agree, and nothing is under way."""
        assert self.stored() == self.files()
        assert hub_check.check(self.root).differences == []
        assert list(check.differences(self.engine, self.root)) == []
        sums = select(images.c.day, images.c.camera_id, func.count(), func.sum(images.c.bytes))
        with self.engine.connect() as connection:
            counted = {tuple(row) for row in connection.execute(sums.group_by(images.c.day, images.c.camera_id))}
            kept = select(days.c.day, days.c.camera_id, days.c.images, days.c.bytes).where(days.c.images > 0)
            assert {tuple(row) for row in connection.execute(kept)} == {(*row[:3], int(row[3])) for row in counted}
            assert connection.execute(select(func.count()).select_from(deletions)).scalar() == 0


def fill(engine: Engine, root: Path, number: int = 6, each: int = 2, body: bytes = JPEG) -> Kept:
    """Store images on so many days before NOON and on that day, and take them in.

    `Barn P1` has `each` images a day and on odd days an event; `Gate P1` has one image a day.
    """
    clock = FakeClock(NOON - timedelta(days=number - 1))
    store = open_store(root, clock.now)
    for _ in range(number):
        odd = clock.now().day % 2
        for _ in range(each):
            clock.pass_(1)
            keep(store, image(body=body))
        keep(store, image(name="Gate P1", body=body), *([event()] if odd else []))
        clock.pass_(86_400 - each)
    store.close()
    Ingest(engine, root).follow()
    return Kept(engine, root, NOON)
