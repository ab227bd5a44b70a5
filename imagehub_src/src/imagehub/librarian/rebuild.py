"""`imagehub-librarian rebuild`: the catalog anew from disk, in one transaction; what users made stays."""

import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select, update

from imagehub.errors import DataDirectoryError
from imagehub.images import FOLDER as IMAGES
from imagehub.journal import FOLDER
from imagehub.librarian import deletion
from imagehub.librarian.catalog import writing
from imagehub.librarian.ingest import hub_of, take
from imagehub.librarian.old_data import import_directory
from imagehub.librarian.schema import cameras, days, events, followers, hubs, images, nodes
from imagehub.terminal.progress import Progress

FOLLOWED = {"image": images, "event": events}


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
        seen = list(_seen(connection, hub))
        _empty(connection, hub)
        while count := take(connection, data_directory):
            bar.advance(count)
        import_directory(connection, data_directory, bar)
        for path in held:
            same = (images.c.hub_id == hub) & (images.c.day == path.split("/")[1]) & (images.c.path == path)
            connection.execute(update(images).where(same).values(hold=True))
        _go_on(connection, hub, seen)
    return 0


def _seen(connection: Connection, hub: int) -> Iterator[tuple[str, str, int]]:
    """Yield name and column of each follower, and the number that the hub gave to what it looked at last."""
    for row in connection.execute(select(followers)).all():
        for column, table in FOLLOWED.items():
            known = (table.c.hub_id == hub) & (table.c.id <= getattr(row, column)) & table.c.sequence.is_not(None)
            last = select(table.c.sequence).where(known).order_by(table.c.sequence.desc()).limit(1)
            yield row.name, column, connection.execute(last).scalar() or 0


def _go_on(connection: Connection, hub: int, seen: list[tuple[str, str, int]]) -> None:
    """Let followers go on where they were: the rows have new ids."""
    for name, column, sequence in seen:
        table = FOLLOWED[column]
        known = (table.c.hub_id == hub) & (table.c.sequence <= sequence)
        last = select(table.c.id).where(known).order_by(table.c.sequence.desc()).limit(1)
        if (number := connection.execute(last).scalar()) is not None:
            connection.execute(update(followers).where(followers.c.name == name).values(**{column: number}))


def _empty(connection: Connection, hub: int) -> None:
    ours = select(cameras.c.id).join(nodes).where(nodes.c.hub_id == hub)
    connection.execute(delete(days).where(days.c.camera_id.in_(ours)))
    for table in (images, events):
        connection.execute(delete(table).where(table.c.hub_id == hub))
    start = {"segment": "", "offset": 0, "sequence": 0, "purged": 0, "damaged": 0}
    connection.execute(update(hubs).where(hubs.c.id == hub).values(**start))
