"""`imagehub-librarian check`: compare disk and catalog, and name every difference. Changes nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from imagehub import journal
from imagehub.images import FOLDER as IMAGES
from imagehub.images import printable, read_name
from imagehub.librarian.catalog import CatalogError, clean
from imagehub.librarian.schema import events, hubs, images


def run(engine: Engine, data_directory: Path) -> int:
    """Check, print what differs, and return 0 when all agrees, else 1."""
    with engine.connect() as connection:
        found = 0
        for difference in differences(connection, data_directory):
            found += 1
            print(printable(difference))
    print(f"{found} differences; imagehub-librarian rebuild mends them" if found else "all agree")
    return 1 if found else 0


def differences(connection: Connection, data_directory: Path) -> Iterator[str]:
    """Yield a line for each difference; what the catalog has not come to yet is none.

    Raises:
        CatalogError: the catalog knows nothing of that data directory.
    """
    name = clean(str(data_directory.absolute()))
    hub = connection.execute(select(hubs).where(hubs.c.data_directory == name)).first()
    if hub is None:
        raise CatalogError(f"the catalog has nothing of {data_directory}: imagehub-librarian run, or import")
    before = connection.execute(
        select(images.c.path, images.c.bytes, images.c.day)
        .where(images.c.hub_id == hub.id, images.c.state == "stored")
        .order_by(images.c.day)
    )
    rows = {path: size for path, size, _ in before}
    end = journal.Position(hub.segment, hub.offset, hub.sequence)
    yield from _entries(connection, hub.id, data_directory / journal.FOLDER, end)
    yield from _files(data_directory, rows, hub.purged, end)


def _entries(connection: Connection, hub: int, folder: Path, end: journal.Position) -> Iterator[str]:
    tables = {"image": images, "event": events}
    known = {
        kind: set(connection.execute(select(table.c.sequence).where(table.c.hub_id == hub)).scalars()) - {None}
        for kind, table in tables.items()
    }
    for entry, at in journal.read(folder) if end.segment else ():
        if entry["kind"] in known and entry["sequence"] not in known[entry["kind"]]:
            yield f"journal entry {entry['sequence']}: {entry['kind']} is not in the catalog"
        elif entry["kind"] in known:
            known[entry["kind"]].discard(entry["sequence"])
        if (at.segment, at.offset) == (end.segment, end.offset):
            break
    for kind, left in known.items():
        yield from (f"{kind} {sequence}: in the catalog, but not in the journal" for sequence in sorted(left))


def _files(root: Path, rows: dict[str, int], purged: int, end: journal.Position) -> Iterator[str]:
    waiting = {entry.get("path") for entry, _ in journal.read(root / journal.FOLDER, end if end.segment else None)}
    waiting |= {
        entry.get("path")
        for start in journal.beyond_mark(root / journal.FOLDER)
        for entry, _ in journal.lines(root / journal.FOLDER, start)
    }
    for folder in sorted((root / IMAGES).glob("*")):
        for entry in os.scandir(folder):
            path = f"{IMAGES}/{folder.name}/{entry.name}"
            size = rows.pop(path, None)
            if size is None and path not in waiting and read_name(entry.name):
                yield f"{path}: not in the catalog"
            elif size is not None and entry.stat().st_size != size:
                yield f"{path}: {entry.stat().st_size} bytes, the catalog says {size}"
    yield from (f"{path}: in the catalog, but not on disk" for path in sorted(rows))
