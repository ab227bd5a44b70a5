"""Ends a worker that is at one job for too long: what hangs in a library can't be ended otherwise."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from imagehub.notify import Notifier

EXIT_CODE = 70
LOOK_SECONDS = 0.5

log = logging.getLogger(__name__)


def _leave(code: int) -> None:
    logging.shutdown()
    os._exit(code)


class Watchdog:
    """Looks after the thread that works, from a thread of its own, and tells systemd's watchdog that all is well.

    What the worker had begun is tried again by whoever takes it when its lease has run out.
    """

    def __init__(
        self,
        seconds: float,
        notifier: Notifier,
        environment: Mapping[str, str] = os.environ,
        leave: Callable[[int], None] = _leave,
    ) -> None:
        self._seconds, self._notifier, self._leave = seconds, notifier, leave
        self._tell_seconds = int(environment.get("WATCHDOG_USEC", "0") or 0) / 2e6
        self._job: tuple[str, float] | None = None
        self._over = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._look, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    @contextmanager
    def at(self, what: str) -> Iterator[None]:
        """Be at a job meanwhile."""
        self._job = what, time.monotonic() + self._seconds
        try:
            yield
        finally:
            self._job = None

    def _look(self) -> None:
        told = 0.0
        while not self._over.wait(LOOK_SECONDS):
            job, now = self._job, time.monotonic()
            if job is not None and now >= job[1]:
                log.error("%s took more than %g s: this worker ends", job[0], self._seconds)
                self._leave(EXIT_CODE)
                return
            if self._tell_seconds and now - told >= self._tell_seconds:
                self._notifier.tell("WATCHDOG=1")
                told = now
