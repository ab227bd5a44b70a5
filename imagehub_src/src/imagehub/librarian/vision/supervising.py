"""Keeps the worker processes of `run` going: starts them, starts them again, and ends them with it.

A worker's standard input is a pipe that ends when this process does, however it ends; so it ends too.
"""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from imagehub.librarian.catalog import writing
from imagehub.librarian.vision.queue import jobs, workers

POLL_SECONDS = 0.5
STEADY_SECONDS = 60.0
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
END_SECONDS = 10.0

log = logging.getLogger(__name__)


def command(path: Path | None) -> list[str]:
    """Return the words that start a worker with the settings at `path`, as `run` was given it."""
    words = [sys.executable, "-m", "imagehub.librarian", "worker", "--supervised"]
    return words if path is None else [*words, "--path", str(path)]


def part(engine: Engine, count: int, words: Sequence[str]) -> Callable[[threading.Event], None]:
    """Return the part for `service.work`: it keeps so many processes of these words."""

    def supervise(stop: threading.Event) -> None:
        kept = [Kept(engine, words) for _ in range(count)]
        try:
            while not stop.is_set():
                for one in kept:
                    one.look(time.monotonic())
                stop.wait(POLL_SECONDS)
        finally:
            for one in kept:
                one.ask_to_end()
            deadline = time.monotonic() + END_SECONDS
            for one in kept:
                one.end(max(0.0, deadline - time.monotonic()))

    return supervise


class Kept:
    """One worker process, or the pause until the next."""

    def __init__(self, engine: Engine, words: Sequence[str]) -> None:
        self._engine, self._words = engine, words
        self._process: subprocess.Popen[bytes] | None = None
        self._began = self._due = 0.0
        self._pause, self._complaint = SHORTEST_PAUSE_SECONDS, ""

    def look(self, now: float) -> None:
        """Start the process if it is not there and the pause is over; `now` is monotonic."""
        if self._process is None:
            if now >= self._due:
                self._start(now)
        elif (code := self._process.poll()) is not None:
            self._ended(self._process, code, now)
            self._process = None

    def _start(self, now: float) -> None:
        self._process = subprocess.Popen(self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._began = now

    def _ended(self, process: subprocess.Popen[bytes], code: int, now: float) -> None:
        reason = _closed(process) or f"a worker ended with code {code}"
        if now - self._began >= STEADY_SECONDS:
            self._pause, self._complaint = SHORTEST_PAUSE_SECONDS, ""
        if reason != self._complaint:
            log.error("vision: %s; trying again", reason)
        self._complaint, self._due = reason, now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._free_jobs(process)

    def _free_jobs(self, process: subprocess.Popen[bytes]) -> None:
        """Let others take at once what it was at."""
        with writing(self._engine) as connection:
            name = workers.name_of(process.pid)
            jobs.end_leases(connection, name, time.time_ns() // 1000)
            workers.leave(connection, name)

    def ask_to_end(self) -> None:
        """Let the process end after the job at hand."""
        if self._process is not None:
            self._process.terminate()

    def end(self, seconds: float) -> None:
        """Wait so long for its end, and then make one: the job that it is at is done by another."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _closed(process)
        self._free_jobs(process)


def _closed(process: subprocess.Popen[bytes]) -> str:
    """Close the pipes of a process that has ended, and return what it said at last."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
    with process.stdout:
        return process.stdout.read(4000).decode(errors="replace").strip()
