"""Wakes whoever waits for new rows in the catalog, in this process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Arrivals:
    """Tells listeners that rows were added; which ones, they read from the catalog. For use by any thread."""

    def __init__(self) -> None:
        self._listeners: set[Callable[[], None]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def listening(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake`, from the thread that adds rows, after each addition; it must neither wait nor raise.

        `threading.Event.set` is one, and for a coroutine `lambda: loop.call_soon_threadsafe(event.set)`.
        """
        with self._lock:
            self._listeners.add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(wake)

    def announce(self) -> None:
        """Wake all listeners."""
        with self._lock:
            listeners = tuple(self._listeners)
        for wake in listeners:
            wake()
