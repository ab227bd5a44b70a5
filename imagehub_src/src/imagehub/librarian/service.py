"""`imagehub-librarian run`: follows the hub until it is told to stop."""

import logging
import signal
import threading

from imagehub.errors import ImagehubError
from imagehub.librarian import catalog
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.settings import Settings

POLL_SECONDS = 0.2
RETRY_SECONDS = 5.0

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Follow until SIGTERM or SIGINT, and return 0; what fails is logged and tried again."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine = catalog.connect(settings.database)
    log.info("following %s", settings.hub_directory)
    try:
        follow(Ingest(engine, settings.hub_directory), stop)
    finally:
        engine.dispose()
    log.info("stopped")
    return 0


def follow(ingest: Ingest, stop: threading.Event) -> None:
    """Take in what comes, until `stop` is set."""
    while not stop.is_set():
        try:
            taken = ingest.follow()
        except (ImagehubError, OSError) as error:
            log.error("%s; trying again in %g s", error, RETRY_SECONDS)
            stop.wait(RETRY_SECONDS)
            continue
        if taken:
            log.debug("took in %d entries", taken)
        stop.wait(POLL_SECONDS)
