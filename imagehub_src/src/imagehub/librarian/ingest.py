"""Takes the hub's journal into the catalog, each entry exactly once.

The position in the journal is changed in the transaction that adds the rows, so whoever ends a librarian at whatever
time leaves both or neither.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from imagehub import journal
from imagehub.journal import Entry, Position
from imagehub.librarian import readings, schema
from imagehub.librarian.catalog import CatalogError, clean, unusable, writing
from imagehub.librarian.schema import cameras, days, events, hubs, images, nodes

BATCH = 2000
LARGEST = (1 << 63) - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

log = logging.getLogger(__name__)


def microseconds(time: datetime) -> int:
    """Return a time as the catalog keeps it; one without an offset is this machine's local time."""
    return (time.astimezone(UTC) - EPOCH) // MICROSECOND


class Ingest:
    """Follows one hub's journal. Not for use by two threads at once."""

    def __init__(self, engine: Engine, data_directory: Path, batch: int = BATCH) -> None:
        self._engine = engine
        self._directory = data_directory
        self._batch = batch
        self._mark: object = None

    def follow(self) -> int:
        """Take in all that is acknowledged by now, and return how many entries that were.

        Raises:
            CatalogError: the catalog can't be written, another librarian writes it, or it is of another journal.
        """
        seen = (journal.read_mark(self._directory / journal.FOLDER), self._watermark())
        if seen == self._mark:
            return 0
        taken = 0
        while count := self._take():
            taken += count
        self._mark = seen
        return taken

    def _watermark(self) -> int:
        return journal.read_watermark(self._directory / journal.FOLDER)

    def _take(self) -> int:
        try:
            with writing(self._engine) as connection:
                return take(connection, self._directory, self._batch)
        except SQLAlchemyError as error:
            raise unusable(self._engine, error) from error


def take(connection: Connection, data_directory: Path, batch: int = BATCH) -> int:
    """Take the next entries of a hub's journal, at most `batch`, and return how many there were."""
    hub, position, purged = hub_of(connection, data_directory)
    folder = data_directory / journal.FOLDER
    _check_same(folder, position)
    watermark = journal.read_watermark(folder)
    if watermark != purged:
        _forget(connection, hub, watermark)
    found = list(islice(journal.read(folder, position if position.segment else None), batch))
    if found:
        damaged = Rows(connection, hub, watermark).add(entry for entry, _ in found)
        _move(connection, hub, position, found[-1][1], damaged)
    return len(found)


def hub_of(connection: Connection, data_directory: Path) -> tuple[int, Position, int]:
    """Return the hub's row, made if need be: its id, its position, and up to where it is purged."""
    name = clean(str(data_directory.absolute()))
    wanted = select(hubs).where(hubs.c.data_directory == name)
    row = connection.execute(wanted).first()
    if row is None:
        empty = {"segment": "", "offset": 0, "sequence": 0, "purged": 0, "damaged": 0}
        connection.execute(insert(hubs).values(data_directory=name, **empty))
        row = connection.execute(wanted).one()
    return row.id, Position(row.segment, row.offset, row.sequence), row.purged


def _check_same(folder: Path, position: Position) -> None:
    """Raise CatalogError if the journal goes on before what was taken in: it is another one."""
    mark = journal.read_mark(folder)
    if mark is None or not position.segment:
        return
    segment = folder / position.segment
    shorter = segment.exists() and segment.stat().st_size < position.offset
    if shorter or (not segment.exists() and mark.position.sequence < position.sequence):
        raise CatalogError(f"{folder} is not the journal that the catalog was made from: imagehub-librarian rebuild")


def _forget(connection: Connection, hub: int, watermark: int) -> None:
    gone = (images.c.hub_id == hub) & (images.c.sequence <= watermark) & (images.c.state != "gone")
    connection.execute(update(images).where(gone).values(state="gone"))
    connection.execute(update(hubs).where(hubs.c.id == hub).values(purged=watermark))


def _move(connection: Connection, hub: int, old: Position, new: Position, damaged: int) -> None:
    same = (hubs.c.segment == old.segment) & (hubs.c.offset == old.offset) & (hubs.c.id == hub)
    sequence = min(new.sequence, LARGEST)
    values = {"segment": new.segment, "offset": new.offset, "sequence": sequence}
    moved = connection.execute(update(hubs).where(same).values(damaged=hubs.c.damaged + damaged, **values))
    if moved.rowcount != 1:
        raise CatalogError("another librarian writes to this catalog: end one of them")


class Rows:
    """Adds rows of one hub in one transaction; makes nodes and cameras when they are first seen."""

    def __init__(self, connection: Connection, hub: int, watermark: int = 0) -> None:
        self._connection, self._hub, self._watermark = connection, hub, watermark
        wanted = select(nodes.c.name, cameras.c.view, cameras.c.id).join(cameras).where(nodes.c.hub_id == hub)
        self._cameras: dict[tuple[str, str], int] = {
            (name, view): number for name, view, number in connection.execute(wanted)
        }

    def add(self, entries: Iterable[Entry]) -> int:
        """Add entries of the journal; return how many were damaged."""
        listed = [entry for entry in entries if entry["kind"] != "void"]
        whole = [(entry, time) for entry in listed for time in _time_of(entry)]
        known = self._known([entry["sequence"] for entry, _ in whole])
        rows: dict[str, list[dict[str, Any]]] = {"image": [], "event": []}
        for entry, time in whole:
            if entry["sequence"] not in known:
                known.add(entry["sequence"])
                rows[entry["kind"]].append(self._row(entry, time))
        self.insert(rows["image"], rows["event"])
        damaged = len(listed) - len(rows["image"]) - len(rows["event"])
        if damaged:
            log.warning("%d damaged lines in the journal are left out; imagehub check names them", damaged)
        return damaged

    def insert(self, new_images: list[dict[str, Any]], new_events: list[dict[str, Any]]) -> None:
        """Add rows of images and events, and count them for their days."""
        if new_images:
            self._connection.execute(insert(images), new_images)
        if new_events:
            self._connection.execute(insert(events), new_events)
        self._count(new_images, new_events)

    def camera(self, node: str, view: str) -> int:
        """Return the id of a camera, which is made if it is new."""
        key = (clean(node, schema.NAME), clean(view, schema.NAME))
        if key not in self._cameras:
            self._cameras[key] = self._new_camera(*key)
        return self._cameras[key]

    def image(self, camera: int, time: int, path: str, size: int, **more: Any) -> dict[str, Any]:
        """Return the row of an image."""
        empty = {"sequence": None, "type": "", "text": "", "checksum": "", "state": "stored", "hold": False}
        fixed = {"hub_id": self._hub, "camera_id": camera, "time_us": time, "path": path, "bytes": size}
        return empty | fixed | {"day": path.split("/")[1]} | more

    def event(self, camera: int, time: int, day: str, type_word: str, text: str, **more: Any) -> dict[str, Any]:
        """Return the row of an event."""
        kind, value = readings.read(type_word, text)
        fixed = {"hub_id": self._hub, "camera_id": camera, "time_us": time, "day": day, "hold": False}
        words = {"kind": kind, "value": value, "type": clean(type_word, schema.TYPE), "text": clean(text)}
        return fixed | words | {"sequence": None} | more

    def _row(self, entry: Entry, time: int) -> dict[str, Any]:
        camera, sequence = self.camera(entry["node"], entry["view"]), entry["sequence"]
        if entry["kind"] == "event":
            return self.event(camera, time, entry["time"][:10], entry["type"], entry["text"], sequence=sequence)
        return self.image(
            camera,
            time,
            clean(entry["path"], schema.MAX_PATH),
            entry["bytes"],
            sequence=sequence,
            type=clean(entry["type"], schema.TYPE),
            text=clean(entry["text"]),
            checksum=clean(entry["checksum"], 32),
            state="gone" if sequence <= self._watermark else "stored",
        )

    def _known(self, sequences: list[int]) -> set[int]:
        """Return the numbers that rows have already: a flipped bit can make one come twice."""
        if not sequences:
            return set()
        found = [
            self._connection.execute(
                select(table.c.sequence).where(
                    table.c.hub_id == self._hub, table.c.sequence.between(min(sequences), max(sequences))
                )
            ).scalars()
            for table in (images, events)
        ]
        return set().union(*found)

    def _new_camera(self, node: str, view: str) -> int:
        wanted = select(nodes.c.id).where(nodes.c.hub_id == self._hub, nodes.c.name == node)
        number = self._connection.execute(wanted).scalar()
        if number is None:
            made = self._connection.execute(insert(nodes).values(hub_id=self._hub, name=node))
            number = _key(made.inserted_primary_key)
        values = {"type": "", "roi_names": "", "message": "", "check_objects": False, "alpr": False}
        shown = {"display": True, "notifications": True}
        row = insert(cameras).values(node_id=number, view=view, **values, **shown)
        return _key(self._connection.execute(row).inserted_primary_key)

    def _count(self, new_images: list[dict[str, Any]], new_events: list[dict[str, Any]]) -> None:
        image_counts, event_counts = Counter(map(_place, new_images)), Counter(map(_place, new_events))
        sizes: Counter[tuple[str, int]] = Counter()
        for row in new_images:
            sizes[_place(row)] += row["bytes"]
        for day, camera in {**image_counts, **event_counts}:
            place = day, camera
            self._add_to_day(day, camera, image_counts[place], event_counts[place], sizes[place])

    def _add_to_day(self, day: str, camera: int, new_images: int, new_events: int, size: int) -> None:
        same = (days.c.day == day) & (days.c.camera_id == camera)
        more = {
            "images": days.c.images + new_images,
            "events": days.c.events + new_events,
            "bytes": days.c.bytes + size,
        }
        if self._connection.execute(update(days).where(same).values(**more)).rowcount == 0:
            values = {"images": new_images, "events": new_events, "bytes": size}
            self._connection.execute(insert(days).values(day=day, camera_id=camera, **values))


def _place(row: dict[str, Any]) -> tuple[str, int]:
    return row["day"], row["camera_id"]


def _key(key: Any) -> int:
    return int(key[0])


def _time_of(entry: Entry) -> Iterator[int]:
    """Yield the time of an entry that a database can take; nothing for one that is damaged."""
    if entry["kind"] == "damaged" or not 0 < entry["sequence"] <= LARGEST:
        return
    if not 0 <= entry.get("bytes", 0) <= LARGEST or len(entry.get("path", "")) > schema.MAX_PATH:
        return
    try:
        yield microseconds(datetime.fromisoformat(entry["time"]))
    except (ValueError, OverflowError):
        return
