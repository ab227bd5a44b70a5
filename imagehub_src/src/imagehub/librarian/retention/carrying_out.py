"""Carries a plan out, image by image, and guards the disk from being full."""

import logging
import shutil
import threading
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, select

from imagehub.librarian import deletion
from imagehub.librarian.deletion import Forget, HeldError, nothing, unheld
from imagehub.librarian.retention.planning import Going, Planner, hub_id
from imagehub.librarian.schema import images
from imagehub.terminal import units

# How much more than the least is made free, so that it does not begin again at once.
MARGIN = 0.05
PATIENCE_SECONDS = 3600.0

log = logging.getLogger(__name__)


class Done(NamedTuple):
    """How many images were deleted, and their size."""

    images: int
    bytes: int


def carry_out(
    engine: Engine,
    hub_directory: Path,
    going: tuple[Going, ...],
    forget: Forget = nothing,
    stop: threading.Event | None = None,
) -> Done:
    """Delete what a plan says, until `stop` is set; what was held or deleted since then is left alone.

    Raises:
        DataDirectoryError: a file can't be deleted.
    """
    with engine.connect() as connection:
        hub = hub_id(connection, hub_directory)
    number = size = 0
    for part in going:
        while not (stop and stop.is_set()) and (batch := _next(engine, hub, part)):
            try:
                number += deletion.delete(engine, hub_directory, batch, part.reason, forget_thumbnail=forget)
            except HeldError:
                continue  # held a moment ago: the next batch is without it
            size += sum(batch.values())
    return Done(number, size)


def _next(engine: Engine, hub: int, part: Going) -> dict[int, int]:
    """Return the ids of the next images, and their sizes."""
    wanted = select(images.c.id, images.c.bytes).where(
        images.c.camera_id == part.camera_id,
        images.c.day == part.day,
        images.c.hub_id == hub,
        images.c.state == "stored",
        unheld(),
    )
    if part.until_us is not None:
        wanted = wanted.where(images.c.time_us <= part.until_us)
    with engine.connect() as connection:
        rows = connection.execute(wanted.order_by(images.c.time_us).limit(deletion.BATCH))
        return {number: size for number, size in rows}  # noqa: C416 - rows are no pairs to dict()


class Guard:
    """Deletes the oldest images whenever the disk has less free space than it should.

    Where that frees nothing it stops for an hour: something else keeps the space, and no image is given for it.
    """

    def __init__(self, engine: Engine, hub_directory: Path, min_free_bytes: int, forget: Forget = nothing) -> None:
        self._engine, self._directory, self._forget = engine, hub_directory, forget
        self._least = min_free_bytes
        self._helpless_until: float | None = None

    def look(self, now: float, stop: threading.Event) -> None:
        """Look once, and delete until there is enough or `stop` is set; `now` is in seconds that never go back.

        Raises:
            DataDirectoryError: a file can't be deleted.
        """
        if self._helpless_until is not None and now < self._helpless_until:
            return
        self._helpless_until = None
        while not stop.is_set() and (free := self._free()) < self._least:
            done = self._delete(round(self._least * (1 + MARGIN)) - free, stop)
            told = units.size(free), f"{units.counted(done.images, 'image')}, {units.size(done.bytes)}"
            if self._free() <= free:
                self._helpless_until = now + PATIENCE_SECONDS
                log.error("the disk has %s free; deleting %s freed nothing: look what else fills it", *told)
                return
            log.warning("the disk had %s free only: deleted the oldest %s", *told)

    def _free(self) -> int:
        return shutil.disk_usage(self._directory).free

    def _delete(self, needed: int, stop: threading.Event) -> Done:
        with self._engine.connect() as connection:
            planner = Planner(connection, self._directory)
            planner.by_space(needed)
        return carry_out(self._engine, self._directory, tuple(planner.going), self._forget, stop)
