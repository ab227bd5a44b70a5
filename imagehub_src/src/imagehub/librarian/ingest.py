"""Takes the hub's journal into the catalog, each entry exactly once.

An image or event has the time at which it was taken or happened, where its sender told that: what a node kept while the
network was away stands where it belongs, however late it comes. So the order of arrival, which is that of the ids, is
not the order of time. When a camera was heard of is kept apart (`cameras.heard_us`).

The position in the journal is changed in the transaction that adds the rows, so whoever ends a librarian at whatever
time leaves both or neither.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from imagehub import journal
from imagehub.deleted import Ledger
from imagehub.journal import Entry, Position
from imagehub.librarian import readings, schema, tally
from imagehub.librarian.catalog import CatalogError, clean, unusable, writing
from imagehub.librarian.schema import cameras, events, hubs, images, nodes

BATCH = 2000
LARGEST = (1 << 63) - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_OLDER = cameras.c.heard_us.is_(None) | (cameras.c.heard_us < bindparam("accepted"))
HEARD = update(cameras).where(cameras.c.id == bindparam("of_camera"), _OLDER).values(heard_us=bindparam("accepted"))

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
        self._seen: tuple[journal.Mark | None, int] | None = None

    def follow(self) -> int:
        """Take in all that is acknowledged by now, and return how many entries that were.

        Raises:
            CatalogError: the catalog can't be written, another librarian writes it, or it is of another journal.
        """
        folder = self._directory / journal.FOLDER
        seen = (journal.read_mark(folder), journal.read_watermark(folder))
        if seen == self._seen:
            return 0
        if self._seen is None or self._seen[1] != seen[1]:
            self._repeat(forget_purged)
        taken = self._repeat(take)
        self._seen = seen
        return taken

    def _repeat(self, step: Callable[[Connection, Path, int], int]) -> int:
        # Less than a batch was all that there was. What a busy hub adds meanwhile waits for the next call: a
        # transaction for each handful of entries would take the cores and the disk from the hub.
        total = count = self._write(step)
        while count >= self._batch:
            count = self._write(step)
            total += count
        return total

    def _write(self, step: Callable[[Connection, Path, int], int]) -> int:
        try:
            with writing(self._engine) as connection:
                return step(connection, self._directory, self._batch)
        except SQLAlchemyError as error:
            raise unusable(self._engine, error) from error


def take(connection: Connection, data_directory: Path, batch: int = BATCH) -> int:
    """Take the next entries of a hub's journal, at most `batch`, and return how many there were.

    Images that are purged or deleted already have no row.
    """
    hub, position, _ = hub_of(connection, data_directory)
    folder = data_directory / journal.FOLDER
    _check_same(folder, position)
    found = list(islice(journal.read(folder, position if position.segment else None), batch))
    if found:
        # The position first: of two that take the same entries, one learns it before it adds rows.
        _move(connection, hub, position, found[-1][1])
        damaged = Rows(connection, hub).add(_there(data_directory, found))
        if damaged:
            connection.execute(update(hubs).where(hubs.c.id == hub).values(damaged=hubs.c.damaged + damaged))
    return len(found)


def forget_purged(connection: Connection, data_directory: Path, batch: int = BATCH) -> int:
    """Delete rows of images that `imagehub purge` deleted, at most `batch`, and return how many there were."""
    hub, _, purged = hub_of(connection, data_directory)
    watermark = journal.read_watermark(data_directory / journal.FOLDER)
    if watermark <= purged:
        return 0
    wanted = select(images.c.id, images.c.day, images.c.camera_id, images.c.bytes, images.c.sequence)
    passed = wanted.where(images.c.hub_id == hub, images.c.sequence.between(purged + 1, watermark))
    first = passed.order_by(images.c.sequence).limit(batch).with_for_update()
    gone = connection.execute(first).mappings().all()
    tally.forget(connection, gone)
    reached = gone[-1]["sequence"] if len(gone) == batch else watermark
    connection.execute(update(hubs).where(hubs.c.id == hub).values(purged=reached))
    return len(gone)


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


def _there(data_directory: Path, found: Iterable[tuple[Entry, Position]]) -> Iterator[Entry]:
    """Yield the entries, without the images that went already."""
    watermark, ledger = journal.read_watermark(data_directory / journal.FOLDER), Ledger(data_directory)
    for entry, _ in found:
        if entry["kind"] != "image" or (entry["sequence"] > watermark and entry["path"] not in ledger):
            yield entry


def _move(connection: Connection, hub: int, old: Position, new: Position) -> None:
    same = (hubs.c.segment == old.segment) & (hubs.c.offset == old.offset) & (hubs.c.id == hub)
    sequence = min(new.sequence, LARGEST)
    values = {"segment": new.segment, "offset": new.offset, "sequence": sequence}
    moved = connection.execute(update(hubs).where(same).values(**values))
    if moved.rowcount != 1:
        raise CatalogError("another librarian writes to this catalog: end one of them")


class Rows:
    """Adds rows of one hub in one transaction; makes nodes and cameras when they are first seen."""

    def __init__(self, connection: Connection, hub: int) -> None:
        self._connection, self._hub = connection, hub
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
        heard: dict[int, int] = {}
        for entry, accepted in whole:
            if entry["sequence"] not in known:
                known.add(entry["sequence"])
                row = self._row(entry, _taken(entry, accepted))
                rows[entry["kind"]].append(row)
                heard[row["camera_id"]] = max(accepted, heard.get(row["camera_id"], accepted))
        self.insert(rows["image"], rows["event"])
        self._hear(heard)
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
        tally.add(self._connection, new_images, new_events)

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

    def _hear(self, heard: Mapping[int, int]) -> None:
        """Note when cameras were heard of, unless a later time is known."""
        if heard:
            # Always in this order: two transactions that change cameras don't wait for each other in a circle.
            values = [{"of_camera": number, "accepted": heard[number]} for number in sorted(heard)]
            self._connection.execute(HEARD, values)

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


def _key(key: Any) -> int:
    return int(key[0])


def _taken(entry: Entry, accepted: int) -> int:
    """Return when it was taken; nothing is taken after it arrived, whatever its sender's clock says."""
    if "taken" not in entry:
        return accepted
    try:
        return min(microseconds(datetime.fromisoformat(entry["taken"])), accepted)
    except (ValueError, OverflowError):
        return accepted


def _time_of(entry: Entry) -> Iterator[int]:
    """Yield the time of acceptance of an entry that a database can take; nothing for one that is damaged."""
    if entry["kind"] == "damaged" or not 0 < entry["sequence"] <= LARGEST:
        return
    if not 0 <= entry.get("bytes", 0) <= LARGEST or len(entry.get("path", "")) > schema.MAX_PATH:
        return
    try:
        yield microseconds(datetime.fromisoformat(entry["time"]))
    except (ValueError, OverflowError):
        return
