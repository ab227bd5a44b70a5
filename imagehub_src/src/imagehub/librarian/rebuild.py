"""`imagehub-librarian rebuild`: the catalog anew from disk, in one transaction; what users made stays."""

import sys
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select, update

from imagehub.errors import DataDirectoryError
from imagehub.images import FOLDER as IMAGES
from imagehub.journal import FOLDER
from imagehub.librarian import deletion
from imagehub.librarian.catalog import writing
from imagehub.librarian.ingest import hub_of, take
from imagehub.librarian.old_data import import_directory
from imagehub.librarian.schema import cameras, days, events, hubs, images, nodes
from imagehub.terminal.progress import Progress


def run(engine: Engine, data_directory: Path) -> int:
    """Rebuild and return 0; a rebuild that is ended leaves the catalog as it was. What was deleted stays so.

    Raises:
        DataDirectoryError: there is no hub's data.
    """
    if not (data_directory / FOLDER).is_dir() and not (data_directory / IMAGES).is_dir():
        raise DataDirectoryError(f"no hub's data in {data_directory}: give it as librarian.hub_directory")
    if (data_directory / IMAGES).is_dir():
        deletion.resume(engine, data_directory)
    deletion.sweep(data_directory)
    with Progress(None, "rebuilt", stream=sys.stderr) as bar, writing(engine) as connection:
        hub, _, _ = hub_of(connection, data_directory)
        held = list(connection.execute(select(images.c.path).where(images.c.hub_id == hub, images.c.hold)).scalars())
        _empty(connection, hub)
        while count := take(connection, data_directory):
            bar.advance(count)
        import_directory(connection, data_directory, bar)
        for path in held:
            same = (images.c.hub_id == hub) & (images.c.day == path.split("/")[1]) & (images.c.path == path)
            connection.execute(update(images).where(same).values(hold=True))
    return 0


def _empty(connection: Connection, hub: int) -> None:
    ours = select(cameras.c.id).join(nodes).where(nodes.c.hub_id == hub)
    connection.execute(delete(days).where(days.c.camera_id.in_(ours)))
    for table in (images, events):
        connection.execute(delete(table).where(table.c.hub_id == hub))
    start = {"segment": "", "offset": 0, "sequence": 0, "purged": 0, "damaged": 0}
    connection.execute(update(hubs).where(hubs.c.id == hub).values(**start))
