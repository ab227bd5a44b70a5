"""A conductor in a process of its own, so that whatever the program around it does can't disturb it."""

import multiprocessing
import signal
from collections.abc import Mapping
from multiprocessing.context import SpawnProcess
from typing import Any

from imagehub.errors import ImagehubError

BEAT_SECONDS = 0.2


class ConductorProcessError(ImagehubError):
    """The conductor in the other process failed; the text is its error."""


class ConductorAsProcess(SpawnProcess):
    """Records from `start` until `stop`, or until all cameras have ended, in a new interpreter.

    `conductor_args` are the arguments of `Conductor`; all must be plain values. What goes wrong there is raised here,
    by `stop`, `join` and `check`.
    """

    def __init__(self, conductor_args: Mapping[str, Any], kill_queue: Any = None) -> None:
        """`kill_queue` is a queue of multiprocessing's spawn context; whatever is put into it ends the recording."""
        super().__init__(name="conductor", daemon=True)
        context = multiprocessing.get_context("spawn")
        self._arguments = dict(conductor_args)
        self._kill_queue = kill_queue
        self._stop = context.Event()
        self._started = context.Event()
        self._told, self._tell = context.Pipe(duplex=False)
        self._error: str | None = None

    def run(self) -> None:
        """Record; called in the other process."""
        from imagehub.colony.conductor.conductor import Conductor

        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which says when to stop
        try:
            with Conductor(**self._arguments) as conductor:
                conductor.start_acquisition()
                self._started.set()
                while conductor.acquiring and not self._is_told():
                    self._stop.wait(BEAT_SECONDS)
                outcome = conductor.stop_acquisition()
            if outcome is not None and outcome.passed is False:
                self._tell.send(outcome.text)
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent shall know
            self._tell.send(f"{type(error).__name__}: {error}")
        finally:
            self._started.set()
            self._tell.close()

    def wait_started(self, timeout_seconds: float | None = None) -> bool:
        """Wait until cameras record, and tell whether they do.

        Raises:
            ConductorProcessError: they can't.
        """
        done = self._started.wait(timeout_seconds)
        self.check()
        return done and self.is_alive()

    def stop(self, timeout_seconds: float | None = None) -> None:
        """End the recording, and wait until its files are here.

        Raises:
            ConductorProcessError: the conductor failed, or the audit did.
        """
        self._stop.set()
        self.join(timeout_seconds)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end; raise ConductorProcessError where the conductor failed, or the audit did."""
        super().join(timeout)
        self.check()

    def check(self) -> None:
        """Raise ConductorProcessError where the conductor has failed so far."""
        if self._error is None and self._told.poll():
            try:
                self._error = str(self._told.recv())
            except EOFError:
                self._error = ""
        if not self._error and self.exitcode:
            self._error = f"the conductor's process ended with code {self.exitcode}"
        if self._error:
            raise ConductorProcessError(self._error)

    def _is_told(self) -> bool:
        return self._stop.is_set() or (self._kill_queue is not None and not self._kill_queue.empty())
