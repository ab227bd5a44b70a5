"""Watching that the loops of a node advance, and telling systemd; a node that hangs is ended, to be started again."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable

from imagehub.notify import Notifier

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
LEAST_PATIENCE_SECONDS = 5.0
FIRST_SECONDS = 30.0


class Pulse:
    """A loop's sign of life. Opening a camera takes its time: the first beat may take longer than those after it."""

    def __init__(self, name: str, patience_seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.patience_seconds = max(patience_seconds, LEAST_PATIENCE_SECONDS)
        self._monotonic = monotonic
        self._last = monotonic() + max(0.0, FIRST_SECONDS - self.patience_seconds)

    def beat(self) -> None:
        """Say that the loop goes on."""
        self._last = self._monotonic()

    def silent_seconds(self) -> float:
        """Return for how long it has not beaten."""
        return self._monotonic() - self._last

    def stalled(self) -> bool:
        """Tell whether it has not beaten for longer than its patience."""
        return self.silent_seconds() > self.patience_seconds


class StallWatch:
    """Looks at all pulses once a second, in a thread of its own.

    As long as none is stalled, or where `ends` is not set, systemd's watchdog is fed. A stall is logged once, and where
    `ends` is set the program ends at once with exit code 1: threads that hang can't be ended otherwise.
    """

    def __init__(
        self,
        pulses: Callable[[], Iterable[Pulse]],
        ends: Callable[[], bool],
        notifier: Notifier,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._pulses = pulses
        self._ends = ends
        self._notifier = notifier
        self._end = end
        self._told: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stall watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """Look once."""
        stalled = {pulse.name: pulse for pulse in self._pulses() if pulse.stalled()}
        for name in stalled.keys() - self._told:
            log.critical("%s has stalled: nothing for %.0f s", name, stalled[name].silent_seconds())
        for name in self._told - stalled.keys():
            log.warning("%s goes on", name)
        self._told = set(stalled)
        if stalled and self._ends():
            log.critical("ending, because node.stall_watcher is set: systemd starts the node again")
            self._notifier.tell("STATUS=stalled: " + ", ".join(sorted(stalled)))
            self._end(1)
        else:
            self._notifier.tell("WATCHDOG=1")

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self.look()
