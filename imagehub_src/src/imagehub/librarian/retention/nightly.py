"""Retention as a part of `imagehub-librarian run`: each night what is too old, each minute a look at the disk.

A night that was missed because no librarian ran is made up for at its next start: `retention.done` in the librarian's
data directory says which night was the last.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine

from imagehub.librarian import deletion
from imagehub.librarian.deletion import Forget, nothing
from imagehub.librarian.retention.carrying_out import Done, Guard, carry_out
from imagehub.librarian.retention.planning import find_hub, plan
from imagehub.librarian.settings import Settings
from imagehub.terminal import units

DONE_NAME = "retention.done"
LOOK_SECONDS = 60.0

log = logging.getLogger(__name__)


def local_time() -> datetime:
    """Return the time of this machine, with its offset."""
    return datetime.now(UTC).astimezone()


def part(
    engine: Engine, settings: Settings, forget: Forget = nothing, clock: Callable[[], datetime] = local_time
) -> Callable[[threading.Event], None]:
    """Return what works until its event is set; `forget` is called with the id of each image that is deleted."""
    keeper = Keeper(engine, settings, forget, clock)

    def work(stop: threading.Event) -> None:
        deletion.resume(engine, settings.hub_directory, forget)
        while not stop.is_set():
            keeper.look(stop)
            stop.wait(LOOK_SECONDS)

    return work


def run_now(
    engine: Engine, settings: Settings, now: datetime, forget: Forget = nothing, stop: threading.Event | None = None
) -> Done:
    """Finish what was begun, then delete what goes now, until `stop` is set.

    Raises:
        CatalogError: the catalog knows nothing of the hub.
        DataDirectoryError: a file can't be deleted.
    """
    deletion.resume(engine, settings.hub_directory, forget)
    with engine.connect() as connection:
        planned = plan(connection, settings.hub_directory, now, settings.retention.min_free_bytes)
    return carry_out(engine, settings.hub_directory, planned.going, forget, stop)


def last_night(now: datetime, at: str) -> date:
    """Return the day on which it was last `at` o'clock."""
    hour, minute = map(int, at.split(":"))
    return now.date() if (now.hour, now.minute) >= (hour, minute) else now.date() - timedelta(days=1)


class Keeper:
    """Does what is due."""

    def __init__(self, engine: Engine, settings: Settings, forget: Forget, clock: Callable[[], datetime]) -> None:
        self._engine, self._settings, self._forget, self._clock = engine, settings, forget, clock
        self._guard = Guard(engine, settings.hub_directory, settings.retention.min_free_bytes, forget)
        self._done = settings.data_directory / DONE_NAME

    def look(self, stop: threading.Event) -> None:
        """Delete what is too old unless that was done since last night, and free space if there is too little.

        Raises:
            DataDirectoryError: a file can't be deleted.
        """
        with self._engine.connect() as connection:
            if find_hub(connection, self._settings.hub_directory) is None:
                return  # nothing is taken in yet
        night = str(last_night(self._clock(), self._settings.retention.at))
        if night != self._last():
            self._delete(night, stop)
        self._guard.look(time.monotonic(), stop)

    def _delete(self, night: str, stop: threading.Event) -> None:
        done = run_now(self._engine, self._settings, self._clock(), self._forget, stop)
        log.info("retention deleted %s, %s", units.counted(done.images, "image"), units.size(done.bytes))
        if not stop.is_set():
            self._done.parent.mkdir(parents=True, exist_ok=True)
            self._done.write_text(f"{night}\n", encoding="ascii")

    def _last(self) -> str:
        try:
            return self._done.read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return ""
