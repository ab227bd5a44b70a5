"""`imagehub-librarian check`: compare disk and catalog, and name every difference. Changes nothing.

It may run beside hub and librarian: no transaction is held, and what came or went meanwhile is looked at again. The
journal is read once, a batch at a time; files and rows are compared a day at a time.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, Select, Table, select

from imagehub import journal
from imagehub.deleted import Ledger
from imagehub.images import FOLDER as IMAGES
from imagehub.images import printable, read_name
from imagehub.journal import Entry, Position
from imagehub.librarian.catalog import CatalogError, clean
from imagehub.librarian.ingest import LARGEST
from imagehub.librarian.runs import Runs
from imagehub.librarian.schema import events, hubs, images
from imagehub.terminal.progress import Progress

BATCH = 2000
# A hub writes a file a moment before its line.
FRESH_SECONDS = 5.0
UNKNOWN = "not in the catalog"
PURGED = "purged, but still there; run imagehub purge again"
DELETED = "deleted, but still there; run imagehub-librarian retention"
TABLES = {"image": images, "event": events}


def run(engine: Engine, data_directory: Path) -> int:
    """Check, print what differs, and return 0 when all agrees, else 1."""
    found = 0
    with Progress(None, "checked", stream=sys.stderr) as bar:
        for difference in differences(engine, data_directory, bar):
            found += 1
            print(printable(difference))
    print(f"{found} differences; imagehub-librarian rebuild mends them" if found else "all agree")
    return 1 if found else 0


def differences(engine: Engine, data_directory: Path, bar: Progress | None = None) -> Iterator[str]:
    """Yield a line for each difference; what the catalog has not come to yet is none.

    Raises:
        CatalogError: the catalog knows nothing of that data directory.
    """
    name = clean(str(data_directory.absolute()))
    with engine.connect() as connection:
        hub = connection.execute(select(hubs).where(hubs.c.data_directory == name)).first()
    if hub is None:
        raise CatalogError(f"the catalog has nothing of {data_directory}: imagehub-librarian run, or import")
    check = _Check(engine, data_directory, hub.id, Position(hub.segment, hub.offset, hub.sequence), bar)
    yield from check.entries()
    yield from check.files()


@dataclass(slots=True)
class _Check:
    engine: Engine
    root: Path
    hub: int
    end: Position
    bar: Progress | None

    def entries(self) -> Iterator[str]:
        """Compare the journal's entries up to where the catalog is with the rows."""
        there, ledger, read = Runs(), Ledger(self.root), self._entries()
        while batch := list(islice(read, BATCH)):
            for entry in batch:
                there.add(entry["sequence"])
            yield from self._missing(batch, ledger)
            self._advance(len(batch))
        for kind, table in TABLES.items():
            for sequence in self._sequences(table):
                if sequence not in there:
                    yield f"{kind} {sequence}: in the catalog, but not in the journal"

    def _entries(self) -> Iterator[Entry]:
        for entry, at in journal.read(self.root / journal.FOLDER) if self.end.segment else ():
            if entry["kind"] in TABLES:
                yield entry
            if (at.segment, at.offset) == (self.end.segment, self.end.offset):
                return

    def _missing(self, batch: Sequence[Entry], ledger: Ledger) -> Iterator[str]:
        numbers = [entry["sequence"] for entry in batch if entry["sequence"] <= LARGEST]
        known = {
            (kind, number)
            for kind, table in TABLES.items()
            for number in self._scalars(
                select(table.c.sequence).where(table.c.hub_id == self.hub, table.c.sequence.in_(numbers))
            )
        }
        # Read after the rows: what was purged or deleted meanwhile is known here.
        watermark = journal.read_watermark(self.root / journal.FOLDER)
        for entry in batch:
            kind, sequence = entry["kind"], entry["sequence"]
            went = kind == "image" and (sequence <= watermark or entry["path"] in ledger)
            if (kind, sequence) not in known and not went:
                yield f"journal entry {sequence}: {kind} is not in the catalog"

    def _sequences(self, table: Table) -> Iterator[int]:
        last = 0
        wanted = select(table.c.sequence).where(table.c.hub_id == self.hub).order_by(table.c.sequence).limit(BATCH)
        while batch := self._scalars(wanted.where(table.c.sequence.between(last + 1, self.end.sequence))):
            yield from batch
            last = batch[-1]

    def files(self) -> Iterator[str]:
        """Compare the files with the rows of images, day by day."""
        folders = {folder.name for folder in (self.root / IMAGES).glob("*") if folder.is_dir()}
        wanted = select(images.c.day).where(images.c.hub_id == self.hub).distinct()
        for day in sorted(folders | set(self._scalars(wanted))):
            yield from self._day(day)

    def _day(self, day: str) -> Iterator[str]:
        # The files first: one that comes later has a row later.
        unclaimed = _names(self.root / IMAGES / day)
        lost = {}
        for row in self._rows(day):
            unclaimed.discard(row.path.rpartition("/")[2])
            if difference := self._compare(row):
                lost[row.path] = difference
            self._advance(1)
        if lost:
            still = {row.path for row in self._rows(day) if self._compare(row)}
            yield from (f"{path}: {lost[path]}" for path in sorted(still & lost.keys()))
        if unnamed := {f"{IMAGES}/{day}/{name}" for name in unclaimed if read_name(name)}:
            yield from (f"{path}: {text}" for path, text in sorted(self._unclaimed(day, unnamed).items()))

    def _rows(self, day: str) -> Sequence[Row[Any]]:
        wanted = select(images.c.path, images.c.bytes, images.c.state, images.c.sequence)
        with self.engine.connect() as connection:
            return connection.execute(wanted.where(images.c.hub_id == self.hub, images.c.day == day)).all()

    def _compare(self, row: Row[Any]) -> str | None:
        """Return how a file is not as its row says; None for one that goes."""
        if row.state != "stored":
            return None
        try:
            size = (self.root / row.path).stat().st_size
        except OSError:
            purged = (row.sequence or LARGEST) <= journal.read_watermark(self.root / journal.FOLDER)
            return None if purged else "in the catalog, but not on disk"
        return None if size == row.bytes else f"{size} bytes, the catalog says {row.bytes}"

    def _unclaimed(self, day: str, paths: set[str]) -> dict[str, str]:
        """Return what to say of the files of a day that have no row; those that are still to come get none."""
        ledger, found = Ledger(self.root), {}
        watermark = journal.read_watermark(self.root / journal.FOLDER)
        names = [name for name in journal.segments(self.root / journal.FOLDER) if name.startswith(day)]
        for name in names:
            for entry, _ in journal.lines(self.root / journal.FOLDER, Position(name, 0, 0)):
                if entry.get("path") in paths:
                    paths.remove(entry["path"])
                    if entry["sequence"] <= self.end.sequence:
                        found[entry["path"]] = PURGED if entry["sequence"] <= watermark else UNKNOWN
        # No line knows what is left now.
        found |= {path: UNKNOWN for path in paths if not (names and self._is_fresh(path))}
        return {path: DELETED if path in ledger else text for path, text in found.items()}

    def _is_fresh(self, path: str) -> bool:
        """Tell whether a file is gone or may be of this moment."""
        try:
            return abs(time.time() - (self.root / path).stat().st_mtime) < FRESH_SECONDS
        except OSError:
            return True

    def _scalars(self, wanted: Select[tuple[Any]]) -> Sequence[Any]:
        with self.engine.connect() as connection:
            return connection.execute(wanted).scalars().all()

    def _advance(self, number: int) -> None:
        if self.bar is not None:
            self.bar.advance(number)


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except FileNotFoundError:
        return set()
