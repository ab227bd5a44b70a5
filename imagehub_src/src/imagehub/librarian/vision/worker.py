"""`imagehub-librarian worker`: a process of its own that takes images from the queue and looks into them.

Any number of them, on any machine that sees the catalog and the hub's images, share the queue.
"""

import logging
import os
import sys
import threading
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from imagehub import stopping
from imagehub.errors import ImagehubError
from imagehub.librarian import catalog
from imagehub.librarian.catalog import writing
from imagehub.librarian.settings import Settings
from imagehub.librarian.vision.queue import jobs, workers
from imagehub.librarian.vision.working import limits
from imagehub.librarian.vision.working.handling import Handler, Recorder, Sharp
from imagehub.librarian.vision.working.loop import Loop, lease_us, now_us
from imagehub.librarian.vision.working.pictures import Pictures
from imagehub.librarian.vision.working.watchdog import Watchdog
from imagehub.notify import Notifier

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Look into images until SIGTERM or SIGINT, and return 0.

    Raises:
        ImagehubError: vision is off, or a model or a package is missing; says what to do.
    """
    return _run(settings, threading.Event())


def run_supervised(settings: Settings) -> int:
    """Do so for a librarian: until standard input ends, as it does with that; why it can't goes to standard output."""
    reasons = os.dup(1)
    os.dup2(2, 1)  # nobody reads what a library may print
    stop = threading.Event()
    threading.Thread(target=_wait_for_end, args=(stop,), name="parent", daemon=True).start()
    try:
        return _run(settings, stop)
    except ImagehubError as error:
        os.write(reasons, str(error).encode())
        return 1


def _wait_for_end(stop: threading.Event) -> None:
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    stop.set()


def _run(settings: Settings, stop: threading.Event) -> int:
    if not settings.vision.enabled:
        raise ImagehubError("vision is off: set vision.enabled in the settings")
    stopping.at_signals(stop)
    limits.step_back()
    limits.give_back_memory()
    limits.set_threads(settings.vision.threads)
    # These import numpy and more: not before the environment says how many threads they may have.
    from imagehub.librarian.vision.working.eyes import Eyes
    from imagehub.librarian.vision.working.recording import Catalog

    eyes = Eyes(settings)
    limits.bound_memory()
    engine = jobs.engine_for(catalog.connect(settings.database))
    try:
        work(engine, settings, eyes, Catalog(), stop)
    finally:
        engine.dispose()
    if not stop.is_set():
        log.info("more than %d MiB in use: beginning anew", limits.MEMORY_BYTES >> 20)
        logging.shutdown()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return 0


def work(engine: Engine, settings: Settings, eyes: Sharp, recorder: Recorder, stop: threading.Event) -> None:
    """Do jobs until `stop` is set, or memory has grown too much."""
    name, notifier, pictures = workers.own_name(), Notifier(), Pictures(settings.hub_directory)
    watchdog = Watchdog(settings.vision.job_seconds, notifier)
    handler = Handler(engine, settings, eyes, pictures, recorder, lease_us(settings.vision), now_us)
    over = threading.Event()
    beats = threading.Thread(target=_beat, args=(engine, name, eyes.model.name, over), name="beat", daemon=True)
    watchdog.start()
    beats.start()
    log.info("looking into images with %s as worker %s", eyes.model.name, name)
    notifier.tell("READY=1")
    try:
        Loop(engine, settings.vision, handler, pictures, watchdog, name).work(stop, limits.grown)
    finally:
        over.set()
        watchdog.stop()
        beats.join(workers.BEAT_SECONDS)
        with suppress(SQLAlchemyError), writing(engine) as connection:
            workers.leave(connection, name)
    log.info("worker %s: stopped", name)


def _beat(engine: Engine, name: str, model: str, over: threading.Event) -> None:
    started_us = now_us()
    while True:
        with suppress(SQLAlchemyError), writing(engine) as connection:  # who works will complain
            workers.beat(connection, name, model, started_us, now_us())
        if over.wait(workers.BEAT_SECONDS):
            return
