"""What a worker does for a job of each kind. What comes of a job and its end are one transaction."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import Connection, Engine, select

from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import cameras, images
from imagehub.librarian.settings import Settings
from imagehub.librarian.vision import regions
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.looking.thresholds import Thresholds
from imagehub.librarian.vision.queue import jobs, workers
from imagehub.librarian.vision.queue.jobs import ASKED, OBJECTS, PLATES, VOTES, Job, LostError
from imagehub.librarian.vision.seeing import ImageRow, Model, PlateReader, Reading, Thing
from imagehub.librarian.vision.tracking import Least, Votes
from imagehub.librarian.vision.working.pictures import Pictures

if TYPE_CHECKING:
    from imagehub.librarian.vision.looking.look import Seen
    from imagehub.librarian.vision.seeing import Picture

VEHICLES = {"car", "truck", "bus", "motorcycle"}


class Sharp(Protocol):
    """What a worker looks with."""

    model: Model

    def at(self, jpeg: bytes, before: Sequence[bytes], tiles: bool) -> "Seen":
        """Return what is in an image."""

    @property
    def reader(self) -> PlateReader:
        """Who reads plates."""


class Recorder(Protocol):
    """Puts into the catalog what was found, in place of what was; tells whether votes are to be counted later."""

    def objects(
        self,
        connection: Connection,
        image: ImageRow,
        model: Model,
        things: Sequence[Thing],
        votes: Votes,
        least: Least,
        quiet: bool,
    ) -> bool:
        """Record the objects of an image."""

    def plates(
        self,
        connection: Connection,
        image: ImageRow,
        model: Model,
        readings: Sequence[Reading],
        votes: Votes,
        quiet: bool,
    ) -> bool:
        """Record the plates of an image."""

    def lone(self, connection: Connection, image: ImageRow, votes: Votes) -> None:
        """Decide on an image that no other came beside."""


class Camera(NamedTuple):
    """What a camera's images are looked at for, and how."""

    check_objects: bool
    alpr: bool
    tiles: bool
    thresholds: str
    votes: int | None


class _Seen(NamedTuple):
    """An image that was looked at, and what is in it outside of regions that are ignored."""

    image_id: int
    picture: "Picture"
    things: list[Thing]

    def vehicles(self, least: Least) -> list[Box]:
        """Return where the vehicles are that are sure enough."""
        return [thing.box for thing in self.things if thing.label in VEHICLES and thing.score >= least(thing.label)]


class Handler:
    """Does jobs. `clock` gives microseconds since 1970 in UTC."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        eyes: Sharp,
        pictures: Pictures,
        recorder: Recorder,
        lease_us: int,
        clock: Callable[[], int],
    ) -> None:
        self._engine, self._vision, self._clock, self._lease_us = engine, settings.vision, clock, lease_us
        self._eyes, self._pictures, self._recorder = eyes, pictures, recorder
        self._seen: _Seen | None = None
        self._steps = {OBJECTS: self._objects, PLATES: self._plates, VOTES: self._votes}

    def handle(self, job: Job) -> Job | None:
        """Do a job; return the one to go on with, which is this worker's already.

        Raises:
            LostError: the image is gone, or the job is somebody else's by now.
            PictureError: it can never be done.
            ImagehubError, OSError: it can't be done now.
        """
        began = time.perf_counter()
        image, camera = self._of(job)
        return self._steps[job.kind](job, image, camera, began)

    def _of(self, job: Job) -> tuple[ImageRow, Camera]:
        columns = [images.c[name] for name in ImageRow._fields] + [cameras.c[name] for name in Camera._fields]
        wanted = select(*columns).select_from(images.join(cameras, cameras.c.id == images.c.camera_id))
        with self._engine.connect() as connection:
            row = connection.execute(wanted.where(images.c.id == job.image_id, images.c.state == "stored")).first()
        if row is None:
            raise LostError(f"image {job.image_id} is gone")
        parted = len(ImageRow._fields)
        return ImageRow(*row[:parted]), Camera(*row[parted:])

    def _objects(self, job: Job, image: ImageRow, camera: Camera, began: float) -> Job | None:
        seen = self._look(image, camera, with_before=True)
        least = Thresholds(self._vision, camera.thresholds).least
        # Cameras with plates alone: their objects are a means, unless somebody asks for them.
        kept = camera.check_objects or not camera.alpr or job.priority == ASKED
        with self._finishing(job, began) as connection:
            votes, model = self._votes_of(camera), self._eyes.model
            if kept and self._recorder.objects(connection, image, model, seen.things, votes, least, job.quiet):
                self._put_votes(connection, job, image)
            if not camera.alpr or not seen.vehicles(least):
                return None
            return jobs.put_own(connection, PLATES, job, self._clock(), self._lease_us)

    def _look(self, image: ImageRow, camera: Camera, with_before: bool) -> "_Seen":
        """Return what is in an image, and keep it for who reads its plates."""
        jpeg = self._pictures.read(image.path)
        with self._engine.connect() as connection:
            before = self._pictures.before(connection, image) if with_before else []
            ignored = [one for one in regions.of_camera(connection, image.camera_id) if one.use == "ignore"]
        picture, things = self._eyes.at(jpeg, before, camera.tiles)
        outside = [thing for thing in things if not any(one.holds(*thing.box.foot) for one in ignored)]
        self._seen = _Seen(image.id, picture, outside)
        return self._seen

    def _plates(self, job: Job, image: ImageRow, camera: Camera, began: float) -> None:
        seen = self._seen
        if seen is None or seen.image_id != image.id:
            seen = self._look(image, camera, with_before=False)
        reader = self._eyes.reader
        vehicles = seen.vehicles(Thresholds(self._vision, camera.thresholds).least)
        readings = reader.read(seen.picture, vehicles) if vehicles else []
        with self._finishing(job, began) as connection:
            votes = self._votes_of(camera)
            if self._recorder.plates(connection, image, reader.model, readings, votes, job.quiet):
                self._put_votes(connection, job, image)

    def _votes(self, job: Job, image: ImageRow, camera: Camera, began: float) -> None:
        with self._finishing(job, began) as connection:
            self._recorder.lone(connection, image, self._votes_of(camera))

    def _votes_of(self, camera: Camera) -> Votes:
        return Votes(camera.votes or self._vision.votes, self._vision.event_seconds * jobs.SECOND)

    def _put_votes(self, connection: Connection, job: Job, image: ImageRow) -> None:
        due_us = image.time_us + self._vision.event_seconds * jobs.SECOND
        jobs.put_anew(connection, VOTES, image.id, job.priority, self._clock(), due_us)

    @contextmanager
    def _finishing(self, job: Job, began: float) -> Iterator[Connection]:
        """Give the transaction that ends a job."""
        with writing(self._engine) as connection:
            jobs.done(connection, job)
            yield connection
            took_us = round((time.perf_counter() - began) * jobs.SECOND)
            workers.count(connection, job.worker, job.kind, self._clock(), took_us)

    def forget_picture(self) -> None:
        """Keep no picture: the next job is about another image."""
        self._seen = None
