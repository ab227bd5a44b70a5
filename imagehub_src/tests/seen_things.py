"""A camera that sees things, for tests of tracks: images in the catalog, and what a detector would find in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select

from happenings import NOON, SECOND, World
from imagehub.librarian import catalog
from imagehub.librarian.schema import detections, images, jobs, objects, tracks
from imagehub.librarian.vision import tracking
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.seeing import ImageRow, Model, Thing
from imagehub.librarian.vision.tracking import Votes

MODEL = Model("fake", "1", "")
VOTES = Votes(2, 10 * SECOND)
DOOR = Box(0.4, 0.4, 0.1, 0.3)


def person(left: float = 0.4, score: float = 0.9, top: float = 0.4) -> Thing:
    """Return a person who stands there."""
    return Thing("person", score, Box(left, top, 0.1, 0.3))


def car(left: float = 0.1, score: float = 0.9) -> Thing:
    """Return a car that stands there."""
    return Thing("car", score, Box(left, 0.6, 0.25, 0.2))


@dataclass
class Watched:
    """A camera of a catalog whose images are looked at."""

    world: World
    camera: int
    votes: Votes = VOTES
    least: Callable[[str], float] = field(default=lambda _: 0.5)

    def image(self, at: float, waits: bool = False) -> ImageRow:
        """Add an image of so many seconds after noon; one that waits has a job."""
        time_us = NOON + round(at * SECOND)
        number = self.world.image(self.camera, time_us)
        if waits:
            job = {"kind": "objects", "image_id": number, "priority": 2, "time_us": time_us, "state": "waiting"}
            more = {"due_us": 0, "tries": 0, "worker": "", "error": ""}
            with catalog.writing(self.world.engine) as connection:
                connection.execute(insert(jobs).values(**job, **more))
        return ImageRow(number, self.camera, time_us, "", "2026-11-21")

    def see(self, image: ImageRow, things: Sequence[Thing], quiet: bool = False) -> bool:
        """Take these things for what is in an image."""
        with catalog.writing(self.world.engine) as connection:
            wanted = tracking.record(connection, image, MODEL, things, self.votes, self.least, quiet)
            connection.execute(delete(jobs).where(jobs.c.image_id == image.id))
        return wanted

    def sees(self, at: float, *things: Thing) -> bool:
        """Add an image and look at it."""
        return self.see(self.image(at), things)

    def lone(self, image: ImageRow) -> None:
        """Decide what is left open in an image."""
        with catalog.writing(self.world.engine) as connection:
            tracking.lone(connection, image, self.votes)

    def tracks(self, label: str = "") -> list[Any]:
        """Return the tracks of the camera, the first first."""
        wanted = select(tracks, objects.c.label).join(objects).where(tracks.c.camera_id == self.camera)
        wanted = wanted.where(objects.c.label == label) if label else wanted
        with self.world.engine.connect() as connection:
            return list(connection.execute(wanted.order_by(tracks.c.first_us, tracks.c.id)))

    def spans(self, label: str = "") -> list[tuple[float, float]]:
        """Return from when to when each track was seen, in seconds after noon."""
        return [((one.first_us - NOON) / SECOND, (one.last_us - NOON) / SECOND) for one in self.tracks(label)]

    def sure(self, label: str) -> list[tuple[Box, int]]:
        """Return where each thing was in the image that made it sure, and how many seconds after noon that was."""
        boxes = {(row.track_id, row.time_us): Box(row.left, row.top, row.width, row.height) for row in self.found()}
        found = self.tracks(label)
        return [(boxes[track.id, track.time_us], (track.time_us - NOON) // SECOND) for track in found]

    def found(self) -> list[Any]:
        """Return the detections, by their ids."""
        wanted = select(detections).where(detections.c.camera_id == self.camera).order_by(detections.c.id)
        with self.world.engine.connect() as connection:
            return list(connection.execute(wanted))

    def forget(self, image: ImageRow) -> None:
        """Delete an image."""
        with catalog.writing(self.world.engine) as connection:
            connection.execute(delete(images).where(images.c.id == image.id))
