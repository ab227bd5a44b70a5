"""Waking a loop that waits: by a signal that the process got, or by another thread."""

import signal
import socket
from collections.abc import Iterable
from contextlib import suppress


class Wakeup:
    """A descriptor that becomes readable; a socket pair, because Windows can wait for nothing else."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor, for a poller."""
        return self._reader.fileno()

    def on_signals(self, numbers: Iterable[signal.Signals]) -> None:
        """Wake at these signals, which then do nothing else; `drain` tells which they were. Main thread only."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, lambda *_: None)

    def wake(self) -> None:
        """Make the descriptor readable, from any thread."""
        # A full buffer is awake enough; a closed one has nobody left to wake.
        with suppress(OSError):
            self._writer.send(b"\0")

    def close(self) -> None:
        """Give up the descriptor; not for one that wakes at signals."""
        self._reader.close()
        self._writer.close()

    def drain(self) -> set[int]:
        """Make the descriptor unreadable and return the numbers of the signals that came."""
        with suppress(BlockingIOError):
            return set(self._reader.recv(4096)) - {0}
        return set()
