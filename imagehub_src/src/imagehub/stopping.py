"""Ending at a signal, for services whose threads wait for an event."""

import signal
import threading
from collections.abc import Iterable
from queue import SimpleQueue

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def at_signals(stop: threading.Event, numbers: Iterable[signal.Signals] = SIGNALS) -> None:
    """Set `stop` as soon as one of these signals comes. Main thread only.

    A thread of its own sets it. A handler runs between any two steps of the main thread, so also in the middle of a
    handler, and must not take the lock that an event has: at two signals in a row it would wait for itself.
    """
    came: SimpleQueue[None] = SimpleQueue()  # made to be filled by handlers
    for number in numbers:
        signal.signal(number, lambda *_: came.put(None))

    def wait() -> None:
        came.get()
        stop.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
