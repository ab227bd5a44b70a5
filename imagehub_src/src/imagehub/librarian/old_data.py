"""Takes in what an older hub, one without a journal, left: images by their names, events by their log lines.

Whatever is in the catalog already is left out, so it can be done again. Where a camera's name can't be told from the
log, it is read from the image's name: the node ends at the first `-`.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from imagehub import deleted, journal, wire
from imagehub.errors import RefusedError
from imagehub.eventlog import FOLDER as LOGS
from imagehub.eventlog import NAME
from imagehub.images import FOLDER as IMAGES
from imagehub.images import read_name, relative_path
from imagehub.librarian.catalog import clean
from imagehub.librarian.ingest import BATCH, Rows, hub_of, microseconds
from imagehub.librarian.schema import cameras, events, images, nodes
from imagehub.terminal.progress import Progress

Row = dict[str, Any]

_LINE = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) ~ (.*)")
_LATE = re.compile(r" \(taken \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def import_directory(connection: Connection, data_directory: Path, bar: Progress) -> None:
    """Take in the days that no journal covers; the journal's own must be taken in before."""
    hub, _, _ = hub_of(connection, data_directory)
    rows = Rows(connection, hub)
    journaled = {name[:10] for name in journal.segments(data_directory / journal.FOLDER)}
    _import_log(connection, hub, rows, data_directory / LOGS, journaled, bar)
    stems = _stems(connection, hub)
    for folder in sorted((data_directory / IMAGES).glob("*")):
        if _DAY.fullmatch(folder.name) and folder.name not in journaled:
            _import_day(connection, hub, rows, folder, stems, bar)


def _import_day(
    connection: Connection, hub: int, rows: Rows, folder: Path, stems: dict[str, tuple[str, str]], bar: Progress
) -> None:
    wanted = select(images.c.path).where(images.c.hub_id == hub, images.c.day == folder.name)
    known = set(connection.execute(wanted).scalars()) | deleted.read(folder.parents[1], folder.name)
    new: list[Row] = []
    for entry in os.scandir(folder):
        path, named = f"{IMAGES}/{folder.name}/{entry.name}", read_name(entry.name)
        if named is None or path in known or clean(path) != path or not entry.is_file(follow_symlinks=False):
            continue
        node, _, view = named[0].partition("-")
        camera = rows.camera(*stems.get(named[0], (node, view)))
        new.append(rows.image(camera, microseconds(named[1]), path, entry.stat().st_size))
        bar.advance()
    for start in range(0, len(new), BATCH):
        rows.insert(new[start : start + BATCH], [])


def _stems(connection: Connection, hub: int) -> dict[str, tuple[str, str]]:
    """Return the cameras that are known by how their images' names begin."""
    found = {}
    wanted = select(nodes.c.name, cameras.c.view).join(cameras).where(nodes.c.hub_id == hub)
    for node, view in connection.execute(wanted):
        named = read_name(Path(relative_path(f"{node} {view}".strip(), datetime(2000, 1, 1))).name)  # noqa: DTZ001
        if named:
            found[named[0]] = (node, view)
    return found


def _import_log(connection: Connection, hub: int, rows: Rows, folder: Path, journaled: set[str], bar: Progress) -> None:
    new: list[Row] = []
    known: dict[str, Counter[tuple[int, str]]] = {}
    for day, time, text in _lines(folder):
        if journaled and day > min(journaled):
            continue
        if day not in known:
            known[day] = _known(connection, hub, day) + _journaled(folder.parent / journal.FOLDER, day)
        row = _event(rows, day, time, text)
        key = (microseconds(time) // 1000, clean(text))
        if not known[day][key]:
            key = (key[0], clean(_LATE.sub("", text)))
        if row is None or known[day][key] > 0:
            known[day][key] -= 1
            continue
        new.append(row)
        bar.advance()
    for start in range(0, len(new), BATCH):
        rows.insert([], new[start : start + BATCH])


def _known(connection: Connection, hub: int, day: str) -> Counter[tuple[int, str]]:
    """Return what was imported of a day before."""
    ours = (events.c.hub_id == hub) & (events.c.day == day) & events.c.sequence.is_(None)
    wanted = select(events.c.time_us, events.c.text).where(ours)
    return Counter((time // 1000, text) for time, text in connection.execute(wanted))


def _journaled(folder: Path, day: str) -> Counter[tuple[int, str]]:
    """Return what the journal has of a day, under the times of arrival, which are those of the log."""
    names = [name for name in journal.segments(folder) if name.startswith(day)]
    entries = (entry for name in names for entry, _ in journal.lines(folder, journal.Position(name, 0, 0)))
    return Counter(
        (microseconds(time) // 1000, clean(entry["text"]))
        for entry in entries
        if entry["kind"] == "event"
        for time in _time(entry["time"])
    )


def _lines(folder: Path) -> Iterator[tuple[str, datetime, str]]:
    for path in sorted(folder.glob(f"{NAME}*")):
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                match = _LINE.fullmatch(line.rstrip("\r\n"))
                if match:
                    day, clock, fraction, text = match.groups()
                    yield from ((day, time, text) for time in _time(f"{day}T{clock}.{fraction}"))


def _time(text: str) -> Iterator[datetime]:
    try:
        yield datetime.fromisoformat(text)
    except ValueError:
        return


def _event(rows: Rows, day: str, time: datetime, text: str) -> Row | None:
    """Return the row of a line that a node's event left, None for what the hub said of itself."""
    name, bar, rest = text.partition("|")
    try:
        camera = wire.camera(name) if bar else None
    except RefusedError:
        return None
    if camera is None:
        return None
    number = rows.camera(camera.node, camera.view)
    return rows.event(number, microseconds(time), day, rest.partition("|")[0].strip(), text)
