"""Eyes that find the words of a `picture`, so that tests need no models; as a program, a worker that looks with them.

Words that are no labels: `broken` can never be looked at, `odd` makes a library fail, `hang` takes for ever, and
`kill` ends the process.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from imagehub.errors import ImagehubError
from imagehub.librarian import catalog, settings
from imagehub.librarian.schema import detections, objects, plate_sightings, plates
from imagehub.librarian.vision import worker
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.looking.look import Seen
from imagehub.librarian.vision.queue import jobs
from imagehub.librarian.vision.seeing import ImageRow, Model, PictureError, PlateReader, Reading, Thing
from imagehub.librarian.vision.tracking import Least, Votes

BOX = Box(0.25, 0.25, 0.5, 0.5)


class WordEyes:
    """Finds each word as an object, and words such as `plate:AB12` as plates."""

    model = Model("words", "1", "")

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self.looked: list[bytes] = []
        self.before: list[list[bytes]] = []
        self.readable = True

    def at(self, jpeg: bytes, before: Sequence[bytes], tiles: bool) -> Seen:
        """Return the words."""
        self.looked.append(jpeg)
        self.before.append(list(before))
        time.sleep(self._seconds)
        words = jpeg.decode().split()
        if "broken" in words:
            raise PictureError("no JPEG")
        if "odd" in words:
            raise RuntimeError("a library fails")
        if "hang" in words:
            threading.Event().wait()
        if "kill" in words:
            os.kill(os.getpid(), signal.SIGKILL)
        picture: Any = jpeg
        return Seen(picture, [Thing(word, 0.9, BOX) for word in words if ":" not in word])

    @property
    def reader(self) -> PlateReader:
        """Itself."""
        if not self.readable:
            raise ImagehubError("model pp-ocr is not installed")
        return self

    def read(self, picture: Any, vehicles: Sequence[Box]) -> list[Reading]:
        """Return the plates."""
        assert vehicles
        words = bytes(picture).decode().split()
        return [Reading(word.partition(":")[2], "de", 0.8, BOX) for word in words if word.startswith("plate:")]


class PlainRecorder:
    """Adds a row for each thing, and has no votes unless an image is `open`."""

    def __init__(self, undecided: bool = False) -> None:
        self._undecided = undecided
        self.decided: list[int] = []
        self.quiet: list[bool] = []

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
        """Add detections."""
        self.quiet.append(quiet)
        connection.execute(delete(detections).where(detections.c.image_id == image.id))
        for thing in things:
            number = _number(connection, objects, label=thing.label)
            row = {"object_id": number, "score": thing.score} | _of(image) | thing.box._asdict()
            connection.execute(insert(detections).values(**row))
        return self._undecided

    def plates(
        self,
        connection: Connection,
        image: ImageRow,
        model: Model,
        readings: Sequence[Reading],
        votes: Votes,
        quiet: bool,
    ) -> bool:
        """Add sightings."""
        connection.execute(delete(plate_sightings).where(plate_sightings.c.image_id == image.id))
        for reading in readings:
            number = _number(connection, plates, text=reading.text, region=reading.region)
            row = {"plate_id": number, "score": reading.score} | _of(image) | reading.box._asdict()
            connection.execute(insert(plate_sightings).values(**row))
        return False

    def lone(self, connection: Connection, image: ImageRow, votes: Votes) -> None:
        """Note the image."""
        self.decided.append(image.id)


def _of(image: ImageRow) -> dict[str, int]:
    return {"image_id": image.id, "camera_id": image.camera_id, "time_us": image.time_us}


def _number(connection: Connection, table: Any, **words: str) -> int:
    same = [table.c[name] == word for name, word in words.items()]
    found = connection.execute(select(table.c.id).where(*same)).scalar()
    if found is None:
        made = connection.execute(insert(table).values(**words)).inserted_primary_key
        assert made is not None
        found = made[0]
    return int(found)


def main(folder: Path, seconds: float) -> None:
    """Work with the settings in a folder until SIGTERM."""
    loaded, stop = settings.find(folder), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    engine = jobs.engine_for(catalog.connect(loaded.database))
    worker.work(engine, loaded, WordEyes(seconds), PlainRecorder(), stop)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
