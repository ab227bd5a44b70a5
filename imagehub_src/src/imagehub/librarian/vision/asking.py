"""Answers who asks what is in one image: from the catalog, or by having a worker look at it next."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, func, select

from imagehub.errors import ImagehubError
from imagehub.librarian.catalog import writing
from imagehub.librarian.files import open_image
from imagehub.librarian.schema import detections, images, objects, plate_sightings, plates
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.queue import jobs

ANSWER_SECONDS = 10.0
LOOK_SECONDS = 0.05

Answer = TypeVar("Answer")


class Plate(NamedTuple):
    """A licence plate; the box is in pixels: left, top, right, bottom."""

    text: str
    region: str
    score: float
    box: tuple[int, int, int, int]


class Asking:
    """Asks the queue. `seconds` is how long an answer may take; `clock` gives microseconds since 1970 in UTC.

    An image in which nothing was found is looked at again: that takes no time and needs no record of all images.
    """

    def __init__(
        self, engine: Engine, hub_directory: Path, clock: Callable[[], int], seconds: float = ANSWER_SECONDS
    ) -> None:
        self._engine, self._root = jobs.engine_for(engine), hub_directory
        self._clock, self._seconds = clock, seconds

    def objects(self, image_id: int) -> Mapping[str, int]:
        """Return how many things of each label are in an image; raise ImagehubError if that can't be told."""
        found = self._ask(jobs.OBJECTS, image_id, _counts)
        return dict(found)

    def plates(self, image_id: int) -> Sequence[Plate]:
        """Return the plates in an image, the surest first; raise ImagehubError if that can't be told."""
        found = self._ask(jobs.PLATES, image_id, _sightings)
        if not found:
            return []
        width, height = self._size(image_id)
        return [Plate(text.lower(), region, score, _pixels(box, width, height)) for text, region, score, box in found]

    def _ask(self, kind: str, image_id: int, read: Callable[[Connection, int], Answer]) -> Answer:
        with self._engine.connect() as connection:
            if found := read(connection, image_id):
                return found
        with writing(self._engine) as connection:
            jobs.ask(connection, kind, image_id, self._clock())
        self._wait(kind, image_id)
        with self._engine.connect() as connection:
            return read(connection, image_id)

    def _wait(self, kind: str, image_id: int) -> None:
        deadline = time.monotonic() + self._seconds
        same = (table.c.image_id == image_id) & (table.c.kind == kind)
        while True:
            with self._engine.connect() as connection:
                row = connection.execute(select(table.c.state, table.c.error).where(same)).first()
            if row is None:
                return
            if row.error:
                raise ImagehubError(row.error)
            if time.monotonic() > deadline:
                raise ImagehubError(f"no worker looked at it within {self._seconds:g} s: see imagehub-librarian status")
            time.sleep(LOOK_SECONDS)

    def _size(self, image_id: int) -> tuple[int, int]:
        from PIL import Image

        with self._engine.connect() as connection:
            path = connection.execute(select(images.c.path).where(images.c.id == image_id)).scalar() or ""
        try:
            with open_image(self._root, path) as file, Image.open(file) as picture:
                return picture.size
        except (OSError, Image.DecompressionBombError) as error:
            raise ImagehubError(f"{path}: {error}") from error


def _counts(connection: Connection, image_id: int) -> list[tuple[str, int]]:
    found = select(objects.c.label, func.count()).join_from(detections, objects).group_by(objects.c.label)
    rows = connection.execute(found.where(detections.c.image_id == image_id).order_by(objects.c.label))
    return [(label, count) for label, count in rows]


def _sightings(connection: Connection, image_id: int) -> list[tuple[str, str, float, Box]]:
    seen = plate_sightings.c
    columns = plates.c.text, plates.c.region, seen.score, seen.left, seen.top, seen.width, seen.height
    found = select(*columns).join_from(plate_sightings, plates).where(seen.image_id == image_id)
    rows = connection.execute(found.order_by(seen.score.desc(), seen.id))
    return [(text, region, score, Box(*box)) for text, region, score, *box in rows]


def _pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    right, bottom = box.left + box.width, box.top + box.height
    return round(box.left * width), round(box.top * height), round(right * width), round(bottom * height)
