"""`imagehub-librarian run`: the librarian's parts side by side, until it is told to stop."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from imagehub import stopping
from imagehub.errors import ImagehubError
from imagehub.librarian import accounts, catalog, mqtt, notify, retention, rules
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.mqtt.finder import Finder, NoFinder
from imagehub.librarian.settings import Settings, base_url
from imagehub.librarian.thumbnails import Thumbnails
from imagehub.librarian.vision import enqueuing, supervising
from imagehub.librarian.vision.asking import Asking
from imagehub.librarian.web import server
from imagehub.librarian.web.site import Site
from imagehub.notify import Notifier

POLL_SECONDS = 0.2
RETRY_SECONDS = 5.0
# The hub goes first where both want the same core.
NICENESS = 10

# Works until the event is set; what it raises is logged, and it is called again a little later.
Part = Callable[[threading.Event], None]

log = logging.getLogger(__name__)


def run(settings: Settings, path: Path | None = None) -> int:
    """Work until SIGTERM or SIGINT, and return 0; a part that fails is logged and tried again.

    `path` is where the settings were found, as it was given: workers that are started are given it too.
    """
    with suppress(AttributeError, OSError):  # there is no such thing on Windows, and sandboxes may refuse it
        os.nice(NICENESS)
    stop = threading.Event()
    stopping.at_signals(stop)
    engine = catalog.connect(settings.database)
    try:
        parts = parts_of(engine, settings, path)
        if settings.web.enabled:
            _show_first_link(engine, settings)
        log.info("following %s", settings.hub_directory)
        Notifier().tell("READY=1")
        work(parts, stop)
    finally:
        engine.dispose()
    log.info("stopped")
    return 0


def parts_of(engine: Engine, settings: Settings, path: Path | None = None) -> dict[str, Part]:
    """Return the parts that these settings ask for, by their names.

    Raises:
        MissingExtraError: the package that one of them needs is missing.
    """
    arrivals, filled = Arrivals(), Arrivals()
    ingest = Ingest(engine, settings.hub_directory)
    thumbnails = Thumbnails(settings.data_directory / "thumbnails", settings.hub_directory)
    publisher = mqtt.Publisher()
    channels = notify.channels(settings, publisher)
    parts: dict[str, Part] = {
        "ingest": lambda stop: follow(ingest, arrivals, stop),
        "rules": rules.part(engine, settings.hub_directory, arrivals, filled),
        **notify.parts(engine, settings.hub_directory, channels, filled),
        "retention": retention.part(engine, settings, thumbnails.forget),
        "accounts": lambda stop: accounts.keep_forgetting(engine, stop),
    }
    if settings.mqtt.broker:
        parts["mqtt"] = mqtt.part(engine, settings, arrivals, publisher, _finder(engine, settings))
    if settings.vision.enabled:
        parts |= _vision(engine, settings, arrivals, path)
    if settings.web.enabled:
        site = Site(engine, settings, arrivals, filled, channels, thumbnails)
        parts["web"] = lambda stop: server.serve(site, stop)
    return parts


def _finder(engine: Engine, settings: Settings) -> Finder:
    return Asking(engine, settings.hub_directory, mqtt.microseconds) if settings.vision.enabled else NoFinder()


def _vision(engine: Engine, settings: Settings, arrivals: Arrivals, path: Path | None) -> dict[str, Part]:
    parts = {"vision": enqueuing.part(engine, arrivals)}
    if settings.vision.workers:
        parts["workers"] = supervising.part(engine, settings.vision.workers, supervising.command(path))
    return parts


def _show_first_link(engine: Engine, settings: Settings) -> None:
    with catalog.writing(engine) as connection:
        secret = accounts.first_link(connection, time.time_ns() // 1000)
    if secret is not None:
        log.warning("no administrator yet: open %s/first/%s within a day", base_url(settings.web), secret)


def work(parts: Mapping[str, Part], stop: threading.Event) -> None:
    """Run each part in a thread of its own until `stop` is set and all have ended."""
    threads = [threading.Thread(target=_repeat, args=(name, part, stop), name=name) for name, part in parts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _repeat(name: str, part: Part, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            part(stop)
        except (ImagehubError, OSError, SQLAlchemyError) as error:
            log.error("%s: %s; trying again in %g s", name, error, RETRY_SECONDS)
        except Exception:  # the other parts go on, whatever happens in this one
            log.exception("%s: failed; trying again in %g s", name, RETRY_SECONDS)
        stop.wait(RETRY_SECONDS)


def follow(ingest: Ingest, arrivals: Arrivals, stop: threading.Event) -> None:
    """Take in what comes and announce it, until `stop` is set."""
    while not stop.is_set():
        if taken := ingest.follow():
            log.debug("took in %d entries", taken)
            arrivals.announce()
        stop.wait(POLL_SECONDS)
