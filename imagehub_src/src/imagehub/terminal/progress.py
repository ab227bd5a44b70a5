"""A progress bar for long work: drawn on a terminal, and everywhere else only a line at the end."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from imagehub.terminal import cells, screen, units

REDRAW_SECONDS = 0.1
BAR_COLUMNS = 24


class Progress:
    """Shows how far work has come, at what rate, and when it may be done.

    `label` says what was done to the counted things, as in `checked`. `total` is None where nobody knows it.
    However the work ends, the last line says how much of it was done.
    """

    def __init__(
        self,
        total: int | None,
        label: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stream` is standard error unless given; `clock` returns seconds that never go back."""
        self._total = total
        self._label = label
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._done = 0
        self._started = self._drawn = 0.0
        self._live = False

    def __enter__(self) -> Self:
        self._started = self._clock()
        self._live = self._stream.isatty()
        self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.write(f"{self._clear()}{self._summary()}\n")
        self._stream.flush()

    def advance(self, number: int = 1) -> None:
        """Count this much more as done."""
        self._done += number
        if self._live and self._clock() - self._drawn >= REDRAW_SECONDS:
            self._draw()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._stream.write(f"{self._clear()}{text}\n")
        self._draw()
        self._stream.flush()

    def _clear(self) -> str:
        return "\r\x1b[K" if self._live else ""

    def _draw(self) -> None:
        if self._live:
            self._drawn = self._clock()
            line = cells.fit(self._line(), screen.size(self._stream).columns - 1).rstrip()
            self._stream.write(f"\r{line}\x1b[K")
            self._stream.flush()

    def _line(self) -> str:
        if not self._total:
            return f"{self._label} {units.count(self._done)}  {self._rate()}"
        share = min(1.0, self._done / self._total)
        done = f"{units.count(self._done)} of {units.count(self._total)}"
        return f"{self._label}  {self._bar(share)} {share:4.0%}  {done}  {self._rate()}  {self._left()}"

    def _bar(self, share: float) -> str:
        full, empty = "█░" if "utf" in (self._stream.encoding or "").lower() else "#-"
        filled = int(share * BAR_COLUMNS)
        return full * filled + empty * (BAR_COLUMNS - filled)

    def _rate(self) -> str:
        elapsed = self._clock() - self._started
        if elapsed <= 0:
            return "-/s"
        rate = self._done / elapsed
        return f"{rate:.1f}/s" if rate < 9.95 else f"{units.count(round(rate))}/s"

    def _left(self) -> str:
        assert self._total is not None
        if not self._done:
            return ""
        elapsed = self._clock() - self._started
        return f"{units.span(elapsed / self._done * max(0, self._total - self._done))} left"

    def _summary(self) -> str:
        whole = f" of {units.count(self._total)}" if self._total is not None and self._done < self._total else ""
        took = units.span(self._clock() - self._started)
        return f"{self._label} {units.count(self._done)}{whole} in {took}, {self._rate()}"
