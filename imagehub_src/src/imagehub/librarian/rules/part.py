"""The part of the librarian that watches rules."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from imagehub.images import FOLDER as IMAGES
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.catalog import writing
from imagehub.librarian.rules import standing, watching

POLL_SECONDS = 1.0
CHECK_SECONDS = 60.0


def part(
    engine: Engine, hub_directory: Path, arrivals: Arrivals, filled: Arrivals
) -> Callable[[threading.Event], None]:
    """Return what looks at all that arrives, and announces in `filled` what it puts into the outbox."""

    def watch(stop: threading.Event) -> None:
        wake = threading.Event()
        watching.begin(engine)
        check_at = time.monotonic() + CHECK_SECONDS
        with arrivals.listening(wake.set):
            while not stop.is_set():
                wake.clear()
                put = watching.follow(engine, time.time_ns() // 1000)
                if time.monotonic() >= check_at:
                    check_at += CHECK_SECONDS
                    put += check(engine, hub_directory)
                if put:
                    filled.announce()
                wake.wait(POLL_SECONDS)

    return watch


def check(engine: Engine, hub_directory: Path) -> int:
    """Look at what lasts, once the catalog has caught up with the hub; return how many notifications came of it."""
    images = hub_directory / IMAGES
    free_bytes = shutil.disk_usage(images if images.exists() else hub_directory).free
    with writing(engine) as connection:
        if not standing.caught_up(connection, hub_directory):
            return 0
        return standing.check(connection, time.time_ns() // 1000, free_bytes)
