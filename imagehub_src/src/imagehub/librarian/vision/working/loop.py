"""The loop of a worker: take a job, do it, say what came of it; one job that fails does not end it."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from imagehub.errors import ImagehubError
from imagehub.librarian.catalog import writing
from imagehub.librarian.settings import Vision
from imagehub.librarian.vision.queue import jobs, workers
from imagehub.librarian.vision.queue.jobs import Job, LostError
from imagehub.librarian.vision.seeing import PictureError
from imagehub.librarian.vision.working.handling import Handler
from imagehub.librarian.vision.working.pictures import Pictures
from imagehub.librarian.vision.working.watchdog import Watchdog

POLL_SECONDS = 0.2
TROUBLE_SECONDS = 5.0
SPARE_SECONDS = 30

log = logging.getLogger(__name__)


def now_us() -> int:
    """Return the time as the catalog keeps it."""
    return time.time_ns() // 1000


def lease_us(settings: Vision) -> int:
    """Return how long a worker has a job: longer than its watchdog lets it be at one."""
    return (settings.job_seconds + SPARE_SECONDS) * jobs.SECOND


class Loop:
    """Takes jobs and has them done. `clock` gives microseconds since 1970 in UTC."""

    def __init__(
        self,
        engine: Engine,
        settings: Vision,
        handler: Handler,
        pictures: Pictures,
        watchdog: Watchdog,
        name: str,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._engine, self._settings, self._name, self._clock = engine, settings, name, clock
        self._handler, self._pictures, self._watchdog = handler, pictures, watchdog
        self._unsettled, self._complaint = False, ""

    def work(self, stop: threading.Event, full: Callable[[], bool] = lambda: False) -> None:
        """Do jobs until `stop` is set, which ends it after the job at hand, or until `full` says so between two."""
        while not stop.is_set() and not full():
            try:
                if not self._pictures.there():
                    self._complain("the folder of images is not there: is its disk mounted?")
                    stop.wait(TROUBLE_SECONDS)
                elif not self.once():
                    self._complaint = ""
                    stop.wait(POLL_SECONDS)
            except SQLAlchemyError as error:
                self._unsettled = True
                self._complain(f"catalog: {error}")
                stop.wait(TROUBLE_SECONDS)

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            log.error("%s; trying again", text)
        self._complaint = text

    def once(self) -> bool:
        """Take the next job and do it; tell whether there was one.

        Raises:
            SQLAlchemyError: the catalog fails; what was taken is given back at the next call.
        """
        job = self._next()
        following = job
        while following is not None:
            following = self._do(following)
        self._handler.forget_picture()
        return job is not None

    def _next(self) -> Job | None:
        if self._unsettled:
            with writing(self._engine) as connection:
                jobs.give_back(connection, self._name, self._clock())
            self._unsettled = False
        with self._engine.connect() as connection:
            if not jobs.any_due(connection, self._clock()):
                return None
        with writing(self._engine) as connection:
            lease, tries = lease_us(self._settings), self._settings.tries
            found = jobs.take(connection, self._name, self._clock(), jobs.KINDS, lease, max_tries=tries)
        return found[0] if found else None

    def _do(self, job: Job) -> Job | None:
        began = time.perf_counter()
        try:
            with self._watchdog.at(f"image {job.image_id}, {job.kind}"):
                return self._handler.handle(job)
        except LostError as error:
            log.debug("%s", error)
            with writing(self._engine) as connection:
                jobs.drop(connection, job)
        except PictureError as error:
            self._failed(job, str(error), began, for_good=True)
        except (OperationalError, InterfaceError):
            raise
        except (ImagehubError, OSError) as error:
            self._failed(job, str(error), began)
        except Exception as error:  # one image must not end the worker, whatever a library makes of it
            log.exception("image %d, %s: failed", job.image_id, job.kind)
            self._failed(job, _described(error), began)
        return None

    def _failed(self, job: Job, reason: str, began: float, for_good: bool = False) -> None:
        took_us = round((time.perf_counter() - began) * jobs.SECOND)
        with writing(self._engine) as connection:
            if for_good:
                jobs.dead(connection, job, reason)
            else:
                for_good = not jobs.retry(connection, job, reason, self._clock(), self._settings.tries)
            workers.count(connection, self._name, job.kind, self._clock(), took_us, failed=True)
        if for_good:
            log.warning("image %d, %s: put aside: %s", job.image_id, job.kind, reason)
        else:
            log.info("image %d, %s: trying again later: %s", job.image_id, job.kind, reason)


def _described(error: Exception) -> str:
    text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
