"""What is over goes, and what counts stays."""

import threading
import time

from sqlalchemy import Engine, func, select

from accounting import HOUR, NOW
from imagehub.librarian import accounts, catalog
from imagehub.librarian.accounts import keys, tries
from imagehub.librarian.schema import failed_tries, tokens


def test_only_what_is_over_goes(engine: Engine) -> None:
    """Secrets at their end, and tries of more than 15 minutes ago."""
    with catalog.writing(engine) as connection:
        stays = [keys.make(connection, "api", None, NOW, end) for end in (None, NOW + 1)]
        goes = keys.make(connection, "api", None, NOW, NOW)
        tries.add(connection, ["old"], NOW - tries.WINDOW_US)
        tries.add(connection, ["new"], NOW - tries.WINDOW_US + 1)
        accounts.forget_old(connection, NOW)
        assert not keys.find(connection, "api", goes, 0)
        assert all(keys.find(connection, "api", secret, NOW) for secret in stays)
        assert list(connection.execute(select(failed_tries.c.who)).scalars()) == ["new"]


def test_the_service_forgets_at_its_start(engine: Engine) -> None:
    """And ends when it is told to."""
    with catalog.writing(engine) as connection:
        keys.make(connection, "api", None, NOW, time.time_ns() // 1000 - HOUR)

    class StopAtOnce(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            self.set()
            return True

    accounts.keep_forgetting(engine, StopAtOnce())
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tokens)).scalar() == 0
