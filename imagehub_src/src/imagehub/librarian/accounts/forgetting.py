"""What is over goes: secrets that came to their end, and tries that count no more."""

import threading
import time

from sqlalchemy import Connection, Engine, delete

from imagehub.librarian.accounts import tries
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import failed_tries, tokens

EVERY_SECONDS = 3600.0


def forget_old(connection: Connection, now: int) -> None:
    """Delete secrets that came to their end, and tries that are too old to count."""
    connection.execute(delete(tokens).where(tokens.c.expires_us <= now))
    connection.execute(delete(failed_tries).where(failed_tries.c.time_us <= now - tries.WINDOW_US))


def keep_forgetting(engine: Engine, stop: threading.Event) -> None:
    """Forget what is old, every hour, until `stop` is set."""
    while not stop.is_set():
        with writing(engine) as connection:
            forget_old(connection, time.time_ns() // 1000)
        stop.wait(EVERY_SECONDS)
