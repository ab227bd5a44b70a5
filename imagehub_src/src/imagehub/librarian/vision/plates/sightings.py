"""Which plates are seen for sure, and for how long each stays: from the readings of one image after the other.

One reading alone may be wrong. A plate counts as seen once two images of an event agree, or when one reading is very
sure, or when no more images come. Then it has a track, one for each stay: a parked car has one, whatever moves around
it. What a track's images say is voted on each time, and its plate with all its sightings is corrected accordingly.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from imagehub.librarian.schema import plate_sightings
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.plates import rows
from imagehub.librarian.vision.plates.matching import plate_for
from imagehub.librarian.vision.plates.voting import Vote, best, near
from imagehub.librarian.vision.seeing import ImageRow, Model, Reading

EVENT_US = 10_000_000
# A reading that sure needs no second one; once no more images can come, a less sure one does, and a lone one always.
SURE, ENOUGH = 0.97, 0.85


class _Read(NamedTuple):
    reading: Reading
    model_id: int | None
    sure: bool


def record(
    connection: Connection,
    image: ImageRow,
    model: Model,
    readings: Sequence[Reading],
    quiet: bool,
    event_us: int = EVENT_US,
) -> bool:
    """Write down what was read in an image, in place of what was read there before.

    Tracks that begin in a `quiet` look make no rule fire. An image that was deleted meanwhile is left alone.

    Return whether something is left open: then call `lone` once the images of the event are there.
    """
    if not rows.lock(connection, image):
        return False
    lost, before = rows.take_out(connection, plate_sightings.c.image_id == image.id)
    model_id = rows.model_number(connection, model) if readings else None
    found = [_Read(one, model_id, quiet or one.score >= SURE) for one in readings]
    open_ = _Looked(connection, image, quiet, event_us).add(found)
    for number in lost:
        rows.settle(connection, number)
    rows.forget(connection, before)
    return open_


def lone(connection: Connection, image: ImageRow, event_us: int = EVENT_US) -> None:
    """Decide what was left open in an image, now that all images of its event are there."""
    if not rows.lock(connection, image):
        return
    loose = rows.loose_in(connection, image)
    if not loose:
        return
    alone = rows.lone(connection, image, event_us)
    decided = [row for row in loose if alone or row.score >= ENOUGH]
    # Rules follow sightings by their ids: what became sure is a new row.
    _, before = rows.take_out(connection, plate_sightings.c.id.in_([row.id for row in decided]))
    found = [_Read(Reading(row.reading, row.region, row.score, _box(row)), row.model_id, True) for row in decided]
    _Looked(connection, image, False, event_us).add(found)
    rows.forget(connection, before)


class _Looked:
    """One image, with what is known around it."""

    def __init__(self, connection: Connection, image: ImageRow, quiet: bool, event_us: int) -> None:
        self._connection, self._image, self._quiet, self._event_us = connection, image, quiet, event_us
        self._used: set[int] = set()

    def add(self, found: Sequence[_Read]) -> bool:
        """Add sightings; tell whether one of them has no track."""
        if not found:
            return False
        self._stays = rows.stays_around(self._connection, self._image, self._event_us)
        self._near = rows.around(self._connection, self._image, self._event_us)
        made = [self._sighting(one) for one in sorted(found, key=lambda one: -one.reading.score)]
        rows.add(self._connection, made)
        for number in self._used:
            rows.settle(self._connection, number)
        return any(row["track_id"] is None for row in made)

    def _sighting(self, read: _Read) -> dict[str, Any]:
        reading, image = read.reading, self._image
        loose = [row for row in self._near if row.track_id is None and near(row.reading, reading.text)]
        stay = self._stay(reading, loose)
        said = [*(rows.of_track(self._connection, stay) if stay else ()), *loose]
        vote = best([Vote(row.reading, row.region, row.score) for row in said] + [Vote(*reading[:3])])
        plate_id = plate_for(self._connection, vote.text, vote.region)
        if stay is None and (loose or read.sure):
            stay = rows.begin(self._connection, image, plate_id, self._quiet)
        if stay is None:
            plate_id = plate_for(self._connection, reading.text, reading.region)
        else:
            self._take(stay, plate_id, loose, said)
        where = {"image_id": image.id, "camera_id": image.camera_id, "time_us": image.time_us}
        what = {"plate_id": plate_id, "track_id": stay, "model_id": read.model_id, "reading": reading.text}
        return where | what | {"score": reading.score} | reading.box._asdict()

    def _stay(self, reading: Reading, loose: Sequence[Row[Any]]) -> int | None:
        """Return the track that a reading continues: one with nearly its text, which no other reading has."""
        tracked = {row.track_id for row in self._near if row.track_id and near(row.reading, reading.text)}
        fits = [
            (stay.text != reading.text, -stay.last_us, stay.id)
            for stay in self._stays
            if stay.id not in self._used and (near(stay.text, reading.text) or stay.id in tracked)
        ]
        return min(fits)[-1] if fits else None

    def _take(self, stay: int, plate_id: int, loose: Sequence[Row[Any]], said: Sequence[Row[Any]]) -> None:
        self._used.add(stay)
        rows.give(self._connection, stay, plate_id, [row.id for row in loose])
        rows.forget(self._connection, {row.plate_id for row in said} - {plate_id})
        self._near = [row for row in self._near if row not in loose]


def _box(row: Row[Any]) -> Box:
    return Box(row.left, row.top, row.width, row.height)
