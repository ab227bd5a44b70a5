"""Journals to follow, and what a catalog made of them holds."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, select

from imagehub import journal
from imagehub.journal import Entry, Journal
from imagehub.librarian import catalog
from imagehub.librarian.schema import events, images

DAY = "2026-11-21"


@cache
def _empty() -> tuple[TemporaryDirectory[str], Path]:
    """Make an empty catalog in a file, once for all tests of a process: its steps take a fifth of a second."""
    folder = TemporaryDirectory()
    path = Path(folder.name) / "empty.sqlite"
    catalog.connect(f"sqlite:///{path}").dispose()
    return folder, path


def fresh(path: Path) -> Engine:
    """Return an empty catalog in an SQLite file, as `catalog.connect` makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_empty()[1], path)
    return catalog.engine_of(catalog.url(f"sqlite:///{path}"))


def entry(number: int) -> Entry:
    """Return an event for each odd number, an image for each even one."""
    text = {"time": f"{DAY}T12:00:00.{number:06d}+01:00", "node": f"Barn{number % 7}", "view": "P1", "request": ""}
    if number % 2:
        return text | {"kind": "event", "type": "Temp", "text": f"Barn{number % 7} P1|Temp|{number % 40} F\0"}
    path = f"images/{DAY}/Barn{number % 7}-P1-{DAY}T12.00.00.{number:06d}.jpg"
    return text | {
        "kind": "image", "type": "jpg", "text": "Barn|jpg|", "path": path, "bytes": 3, "checksum": "crc32:00000000",
    }  # fmt: skip


def write_journal(root: Path, entries: list[Entry]) -> Journal:
    """Write and commit a journal in one go."""
    (root / "journal").mkdir(parents=True)
    lines = Journal(root / "journal", None)
    for start in range(0, len(entries), 1000):
        lines.append(entries[start : start + 1000], DAY)
        lines.commit(lines.written)
    return lines


def taken(engine: Engine) -> list[tuple[Any, ...]]:
    """Return sequence and kind of all that the catalog holds, by sequence."""
    with engine.connect() as connection:
        found = [(number, "image") for number in connection.execute(select(images.c.sequence)).scalars()]
        found += [(number, "event") for number in connection.execute(select(events.c.sequence)).scalars()]
    return sorted(found)


def promised(root: Path) -> list[tuple[Any, ...]]:
    """Return the same of the journal."""
    read = journal.read(root / "journal")
    return [(found["sequence"], found["kind"]) for found, _ in read if found["kind"] in {"image", "event"}]
