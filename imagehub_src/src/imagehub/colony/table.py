"""The cameras of a colony on a terminal while they record: a row each, and the newest lines of their logs."""

import textwrap
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol, TextIO

from imagehub.terminal import cells, columns, screen, units
from imagehub.terminal.columns import Column, Text

DRAW_SECONDS = 0.5
PLAIN_SECONDS = 10.0
LOG_LINES = 6
INDENT = " " * len("HH:MM:SS ")
LOW_DISK_BYTES = 1 << 30

BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"
COLOURS = {"recording": GREEN, "armed": GREEN, "stopping": YELLOW, "unknown": YELLOW, "fault": RED}
COLUMNS = (
    Column("CAMERA", worth=10, right=False, narrowest=10, widest=32),
    Column("STATE", worth=9, right=False),
    Column("FRAMES", worth=8),
    Column("MISSED", worth=7),
    Column("OFFSET", worth=4),
    Column("DISK LEFT", worth=3),
    Column("ELAPSED", worth=5),
    Column("FAULT", worth=6, right=False, narrowest=10, widest=200),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown of one camera; `offset_ns` is None where its clock was not measured."""

    name: str
    state: str
    frames: int = 0
    missed: int = 0
    offset_ns: int | None = None
    free_bytes: int = 0
    elapsed_seconds: float = 0.0
    fault: str = ""


class Shown(Protocol):
    """A recording to be shown."""

    @property
    def acquiring(self) -> bool:
        """Whether a camera records."""


def render(rows: Sequence[Row], width: int, colour: bool) -> list[str]:
    """Return a line of titles and one for each camera, none wider than `width`."""
    return columns.table(COLUMNS, [_cells(row) for row in rows], width, colour)


def wrapped(line: str, stream: TextIO) -> str:
    """Return a line broken between words where the terminal is too narrow for it."""
    if not stream.isatty():
        return line
    return textwrap.fill(line, screen.size(stream).columns, subsequent_indent=INDENT)


def plain(row: Row) -> str:
    """Return a camera as a line for a log."""
    offset = "clock not compared" if row.offset_ns is None else f"clock {_offset(row)}"
    figures = f"{units.counted(row.frames, 'frame')}, {row.missed} missed, {offset}, {units.size(row.free_bytes)} left"
    return cells.clean(f"{row.name}: {row.state}, {figures}{f', FAULT: {row.fault}' if row.fault else ''}")


class Display:
    """Shows a recording until it ends: on a terminal as a table, elsewhere as lines. `quiet` leaves out the log."""

    def __init__(self, stream: TextIO, title: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self.title = title
        self._clock = clock
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._live = False
        self.quiet = False

    def warn(self, camera: str, why: str) -> None:
        """Show a failure where the log, which has it too, is not shown; any thread may call this."""
        if self.quiet:
            self._add(f"{camera} FAILED: {why}")

    def say(self, line: str) -> None:
        """Show a line of the log; any thread may call this."""
        if not self.quiet:
            self._add(line)

    def _add(self, line: str) -> None:
        self._lines.append(cells.clean(line))
        if not self._live:
            print(wrapped(cells.clean(line), self._stream), file=self._stream, flush=True)

    def run(self, shown: Shown, rows: Callable[[], Sequence[Row]], wait: Callable[[float], object]) -> None:
        """Show the rows until nothing is recorded any more; `wait` waits some seconds."""
        with ExitStack() as leaving:
            terminal = leaving.enter_context(screen.Screen(self._stream)) if self._stream.isatty() else None
            self._live = terminal is not None
            leaving.callback(self._leave)
            due = self._clock()
            while shown.acquiring:
                if terminal is not None:
                    self._draw(terminal, rows())
                elif self._clock() >= due:
                    due = self._clock() + PLAIN_SECONDS
                    print(*map(plain, rows()), sep="\n", file=self._stream, flush=True)
                wait(DRAW_SECONDS)

    def _leave(self) -> None:
        self._live = False

    def _draw(self, terminal: screen.Screen, rows: Sequence[Row]) -> None:
        width = screen.size(self._stream).columns
        colour = screen.wants_colour(self._stream)
        head = columns.line([Text(self.title, BOLD), Text("Ctrl-C ends the recording", DIM)], width, colour)
        log = [cells.fit(line, width).rstrip() for line in self._lines]
        terminal.draw([head, "", *render(rows, width, colour)], ["", *log])


def _cells(row: Row) -> list[Text]:
    return [
        Text(row.name),
        Text(row.state, RED if row.fault else COLOURS.get(row.state, "")),
        Text(units.count(row.frames)),
        Text(units.count(row.missed), YELLOW if row.missed else ""),
        Text(_offset(row)),
        Text(units.size(row.free_bytes), RED if row.free_bytes < LOW_DISK_BYTES else ""),
        Text(units.span(row.elapsed_seconds) if row.elapsed_seconds else "-"),
        Text(row.fault, RED),
    ]


def _offset(row: Row) -> str:
    # Without the + 0.0 an offset of next to nothing is -0.00.
    return "-" if row.offset_ns is None else f"{round(row.offset_ns / 1e6, 2) + 0.0:+.2f} ms"
