"""Watching one camera while it records: a heartbeat each second, its log, and now and then its clock."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from imagehub.colony.conductor import comparing
from imagehub.colony.conductor.link import NoReplyError
from imagehub.colony.conductor.remote import CameraFailedError
from imagehub.colony.conductor.session import UNKNOWN, Session, Standing
from imagehub.colony.states import FAULT, IDLE
from imagehub.errors import ImagehubError

BEAT_SECONDS = 1.0
LOST_SECONDS = 3.0
CLOCK_SECONDS = 10.0


class Watch:
    """Watches one camera from `start` until `close`; what it finds goes into the session."""

    def __init__(self, session: Session, standing: Standing, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._standing = standing
        self._monotonic = monotonic
        self._clock_due = monotonic() + CLOCK_SECONDS
        self._silent = False
        self._log_from = standing.log_from
        self._log_life = standing.life
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {standing.name}", daemon=True)

    def start(self) -> None:
        """Watch in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Watch no longer, and fetch what is left of the log."""
        self._closing.set()
        self._thread.join()
        if not self._silent:
            with suppress(ImagehubError):
                self._fetch_log()

    def look(self) -> None:
        """Ask the camera once how it is."""
        standing = self._standing
        try:
            fields = standing.remote.fields("state", LOST_SECONDS)
        except (NoReplyError, CameraFailedError) as error:
            self._be_silent(error)
            return
        self._hear()
        standing.update(fields)
        self._judge(str(fields.get("agent", "")), str(fields.get("fault", "")))
        with suppress(ImagehubError):  # what it does not tell now it tells at the next beat
            self._fetch_log()
            self._compare_clock()

    def _run(self) -> None:
        while not self._closing.wait(BEAT_SECONDS):
            self.look()

    def _be_silent(self, error: ImagehubError) -> None:
        if not self._silent:
            self._silent = True
            self._standing.state = UNKNOWN
            self._session.fail_all({self._standing.name: error})

    def _hear(self) -> None:
        if self._silent:
            self._silent = False
            self._session.log.say("WARNING", f"{self._standing.name} answers again")

    def _judge(self, life: str, fault: str) -> None:
        standing = self._standing
        if life != standing.life:
            self._session.fail(standing.name, "its agent was started anew: the recording was cut off")
        elif standing.state == FAULT:
            self._session.fail(standing.name, fault or "it has a fault")
        elif standing.state == IDLE and not standing.ended:
            self._session.fail(standing.name, "it does not record")

    def _fetch_log(self) -> None:
        fields = self._standing.remote.fields("log", since=self._log_from)
        if fields.get("agent") != self._log_life:
            self._log_life, self._log_from = str(fields.get("agent", "")), 0
            return
        for line in fields["lines"]:
            self._session.log.add(self._standing.name, line)
        self._log_from = int(fields["next"])

    def _compare_clock(self) -> None:
        if self._monotonic() >= self._clock_due:
            self._clock_due = self._monotonic() + CLOCK_SECONDS
            self._standing.offsets.append(comparing.measure(self._standing.remote, comparing.ROUNDS_MEANWHILE))
