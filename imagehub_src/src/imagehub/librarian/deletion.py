"""Deletes images, in an order that a crash can't break.

The catalog says that they are going; the hub's ledger says so too, so that nobody takes them for lost; their files
go; the catalog forgets them. Each step is stable before the next one begins, and `resume` finishes what was begun.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, exists, insert, or_, select, update

from imagehub import deleted, failpoints
from imagehub.errors import DataDirectoryError, ImagehubError
from imagehub.flush import flush_folders
from imagehub.images import FOLDER as IMAGES
from imagehub.librarian import tally
from imagehub.librarian.catalog import clean, writing
from imagehub.librarian.schema import NAME, deletions, holds, hubs, images

BATCH = 500

Forget = Callable[[int], None]
Filter = ColumnElement[bool]

_WANTED = (images.c.id, images.c.day, images.c.camera_id, images.c.bytes, images.c.path)


class HeldError(ImagehubError):
    """An image is not deleted because somebody holds it."""


def nothing(_: int) -> None:
    """Forget no thumbnail: there is none."""


def unheld() -> Filter:
    """Return what is true of the images that nobody holds, alone or in a span of time."""
    ours = or_(holds.c.camera_id.is_(None), holds.c.camera_id == images.c.camera_id)
    span = exists().where(ours, holds.c.start_us <= images.c.time_us, images.c.time_us < holds.c.end_us)
    return images.c.hold.is_(False) & ~span.correlate(images)


def delete(
    engine: Engine,
    hub_directory: Path,
    image_ids: Iterable[int],
    reason: str,
    even_held: bool = False,
    forget_thumbnail: Forget = nothing,
) -> int:
    """Delete images of a hub, and return how many that were; those that are gone already don't count.

    Args:
        engine: the catalog.
        hub_directory: the hub's data directory.
        image_ids: ids of the images.
        reason: who or what decided it.
        even_held: delete also what is held.
        forget_thumbnail: called with the id of each image that is deleted.

    Raises:
        HeldError: one of them is held; those that came before it may be deleted.
        DataDirectoryError: a file can't be deleted. The images are hidden, and `resume` tries again.
    """
    _check_there(hub_directory)
    left, total = iter(image_ids), 0
    while batch := list(islice(left, BATCH)):
        with writing(engine, stable=True) as connection:
            going = _mark(connection, hub_directory, batch, reason, even_held)
        total += _carry_out(engine, hub_directory, going, forget_thumbnail)
    return total


def resume(engine: Engine, hub_directory: Path, forget_thumbnail: Forget = nothing) -> int:
    """Finish what was begun, and return how many images that were.

    Raises:
        DataDirectoryError: a file can't be deleted, or the folder of images is not there.
    """
    _check_there(hub_directory)
    total = 0
    wanted = select(*_WANTED).join(deletions).where(images.c.hub_id == _hub(hub_directory)).limit(BATCH)
    while going := _read(engine, wanted):
        total += _carry_out(engine, hub_directory, going, forget_thumbnail)
    return total


def sweep(hub_directory: Path) -> int:
    """Delete the files that the ledger says are deleted and no catalog knows of; return how many there were.

    Raises:
        DataDirectoryError: a file can't be deleted.
    """
    total = 0
    for day in deleted.days(hub_directory):
        there = [path for path in deleted.read(hub_directory, day) if (hub_directory / path).exists()]
        _unlink(hub_directory, there)
        total += len(there)
    return total


def _check_there(hub_directory: Path) -> None:
    if not (hub_directory / IMAGES).is_dir():
        raise DataDirectoryError(f"there is no {hub_directory / IMAGES}: is its disk mounted? Nothing is deleted")


def _hub(hub_directory: Path) -> Any:
    name = clean(str(hub_directory.absolute()))
    return select(hubs.c.id).where(hubs.c.data_directory == name).scalar_subquery()


def _read(engine: Engine, wanted: Any) -> Sequence[RowMapping]:
    with engine.connect() as connection:
        return connection.execute(wanted).mappings().all()


def _mark(
    connection: Connection, hub_directory: Path, ids: Sequence[int], reason: str, even_held: bool
) -> Sequence[RowMapping]:
    stored = (images.c.id.in_(ids), images.c.state == "stored", images.c.hub_id == _hub(hub_directory))
    wanted = select(*_WANTED, unheld().label("free")).where(*stored).order_by(images.c.id).with_for_update()
    going = connection.execute(wanted).mappings().all()
    held = [row["path"] for row in going if not row["free"]]
    if held and not even_held:
        raise HeldError(f"{held[0]} is held: end the hold, then delete it")
    if going:
        known = [row["id"] for row in going]
        connection.execute(update(images).where(images.c.id.in_(known)).values(state="going"))
        words = {"time_us": time.time_ns() // 1000, "reason": clean(reason, NAME)}
        connection.execute(insert(deletions), [{"image_id": number, **words} for number in known])
    return going


def _carry_out(engine: Engine, hub_directory: Path, going: Sequence[RowMapping], forget_thumbnail: Forget) -> int:
    failpoints.hit("after_going")
    _delete_files(hub_directory, [row["path"] for row in going])
    for row in going:
        forget_thumbnail(row["id"])
    failpoints.hit("before_forget")
    with writing(engine) as connection:
        ours = select(*_WANTED).where(images.c.id.in_([row["id"] for row in going]), images.c.state == "going")
        gone = connection.execute(ours.order_by(images.c.id).with_for_update()).mappings().all()
        tally.forget(connection, gone)
    failpoints.hit("after_forget")
    return len(gone)


def _delete_files(hub_directory: Path, paths: Sequence[str]) -> None:
    try:
        deleted.add(hub_directory, paths)
    except ValueError as error:
        raise DataDirectoryError(f"{hub_directory}: {error}; imagehub-librarian check, then rebuild") from error
    except OSError as error:
        raise DataDirectoryError(
            f"{hub_directory / deleted.FOLDER}: {error.strerror}; nothing is deleted until it can be written"
        ) from error
    failpoints.hit("after_ledger")
    _unlink(hub_directory, paths)


def _unlink(hub_directory: Path, paths: Sequence[str]) -> None:
    """Delete files, their days' folders when those are empty, and let that be stable."""
    folders = {(hub_directory / path).parent for path in paths}
    for folder in folders:
        _check_inside(hub_directory, folder)
    try:
        for path in paths:
            (hub_directory / path).unlink(missing_ok=True)
            failpoints.hit("after_unlink")
    except OSError as error:
        raise DataDirectoryError(
            f"can't delete {error.filename}: {error.strerror}; let the librarian's user write there"
        ) from error
    flush_folders(folder for folder in folders if not _remove_empty(folder))


def _check_inside(hub_directory: Path, folder: Path) -> None:
    expected = (hub_directory / IMAGES).resolve() / folder.name
    if folder.exists() and folder.resolve() != expected:
        raise DataDirectoryError(f"{folder} leads elsewhere, to {folder.resolve()}: nothing is deleted there")


def _remove_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False  # other images are still in it
    return True
