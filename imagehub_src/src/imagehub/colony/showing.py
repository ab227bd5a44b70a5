"""Recordings and agents as people see them at a terminal, and the exit codes that tell how they went."""

import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from imagehub import logs
from imagehub.colony.conductor.conductor import Conductor
from imagehub.colony.conductor.finishing import Outcome
from imagehub.colony.conductor.gathering import CONDUCTOR
from imagehub.colony.conductor.session import Session, Standing
from imagehub.colony.table import GREEN, RED, Display, Row, plain, render, wrapped
from imagehub.terminal import screen
from imagehub.terminal.exits import EXIT_FAULT, EXIT_OK

EXIT_AUDIT = 3
VERDICT = " AUDIT "
VERDICTS = {True: GREEN, False: RED, None: ""}


def record(
    config: Path, name: str | None, max_seconds: float | None, calibration: bool = False, debug: bool = False
) -> int:
    """Record, showing how it goes; return 0, or 3 where the recording is not as it should be.

    Raises:
        ImagehubError: it could not be started.
    """
    logs.start("critical")  # what is worth it is shown with the cameras' own lines
    display = Display(sys.stdout, "colony")
    say = _saying(display, short if sys.stdout.isatty() else str)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Conductor(
            config, name, max_seconds, calibration, display.warn, logging_stream_callback=say, debug=debug
        ) as conductor:
            display.title = f"colony {conductor.folder.name}"
            display.quiet = not conductor.settings.log.log_to_console
            _until_ended(conductor, display)
            print("finishing, and fetching the files", flush=True)
            outcome = conductor.stop_acquisition()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert outcome is not None
    return _told(outcome)


def status(config: Path) -> int:
    """Ask all agents how they are, and show it; return 1 where one does not answer."""
    with Conductor(config) as conductor:
        found = [_answered(name, fields) for name, fields in conductor.states().items()]
    width, colour = screen.size(sys.stdout).columns, screen.wants_colour(sys.stdout)
    print(*(render(found, width, colour) if sys.stdout.isatty() else map(plain, found)), sep="\n")
    return EXIT_FAULT if any(row.fault for row in found) else EXIT_OK


def rows(session: Session | None) -> Sequence[Row]:
    """Return what is to be shown of a recording."""
    return [_row(standing) for standing in session.standings.values()] if session else []


def _saying(display: Display, form: Callable[[str], str]) -> Callable[[str], None]:
    """Return what shows lines of the gathered log, but for the verdict, which is told with its reasons."""

    def say(line: str) -> None:
        if f" {CONDUCTOR} " not in line or VERDICT not in line:
            display.say(form(line))

    return say


def short(line: str) -> str:
    """Return a line of the gathered log as a terminal shows it: the time of the place, and nothing that is usual."""
    when, source, level, text = line.split(" ", 3)
    words = [datetime.fromisoformat(when).astimezone().strftime("%H:%M:%S"), *([level] if level != "INFO" else [])]
    return " ".join([*words, text if source == CONDUCTOR else f"{source}: {text}"])


def _until_ended(conductor: Conductor, display: Display) -> None:
    conductor.start_acquisition()
    with suppress(KeyboardInterrupt):  # how people end a recording
        display.run(conductor, lambda: rows(conductor.session), time.sleep)


def _row(standing: Standing) -> Row:
    figures = standing.figures
    offset = standing.offsets[-1].offset_ns if standing.offsets else None
    return Row(
        standing.name, standing.state, int(figures["frames"]), int(figures["missed"]), offset,
        int(figures["free_bytes"]), figures["elapsed_seconds"], standing.failed,
    )  # fmt: skip


def _answered(name: str, fields: Mapping[str, Any]) -> Row:
    if "state" not in fields:
        return Row(name, "unknown", fault=str(fields["why"]))
    numbers = {key: int(fields.get(key) or 0) for key in ("frames", "missed", "free_bytes")}
    elapsed = float(fields.get("elapsed_seconds") or 0)
    return Row(name, str(fields["state"]), **numbers, elapsed_seconds=elapsed, fault=str(fields.get("fault") or ""))


def _told(outcome: Outcome) -> int:
    colour = VERDICTS[outcome.passed] if screen.wants_colour(sys.stdout) else ""
    for number, line in enumerate(outcome.text.splitlines()):
        shown = wrapped(line, sys.stdout)
        print(f"\x1b[{colour}m{shown}\x1b[0m" if colour and number == 0 else shown)
    print(outcome.folder)
    return EXIT_AUDIT if outcome.passed is False else EXIT_OK
