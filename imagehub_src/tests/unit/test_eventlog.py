"""The event log is the one that people have tailed since the first version, and every line is one event."""

import logging
import os
import time as clock
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdata import NOON, largest_file
from imagehub.eventlog import EventLog, format_line

DAY = timedelta(days=1)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """An event log in a folder of its own."""
    log = EventLog(tmp_path)
    yield log
    log.close()


def written(folder: Path, name: str = "imagehub.log") -> list[str]:
    """Return what follows the time in each line of a log."""
    return [line.partition(" ~ ")[2] for line in (folder / name).read_text().splitlines()]


def test_a_line_is_the_one_of_earlier_versions() -> None:
    """Date, time with a comma before the milliseconds, a tilde, the text as it was sent."""
    assert format_line(NOON, "Barn P1|motion|moving") == b"2026-11-21 12:00:00,123 ~ Barn P1|motion|moving\n"


def test_a_line_is_what_python_logging_writes() -> None:
    """Whatever reads lines of `%(asctime)s ~ %(message)s` reads ours."""
    time = datetime(2026, 3, 5, 4, 3, 2, 250_000, tzinfo=UTC)
    formatter = logging.Formatter("%(asctime)s ~ %(message)s")
    formatter.converter = clock.gmtime
    record = logging.makeLogRecord({"msg": "Barn|light|é", "created": time.timestamp(), "msecs": 250.0})
    assert format_line(time, "Barn|light|é").decode() == formatter.format(record) + "\n"


def test_a_text_can_not_pretend_to_be_another_line() -> None:
    """Carriage returns and line feeds are written as escapes."""
    line = format_line(NOON, "Barn|motion|x\r\n2026-11-21 12:00:00,123 ~ Barn|motion|forged")
    assert line.count(b"\n") == 1
    assert rb"x\r\n2026-11-21" in line


@given(st.text(st.characters(), max_size=50))
def test_every_text_is_one_line(text: str) -> None:
    """No character, not even one that is not Unicode, breaks a line or the log."""
    assert len(format_line(NOON, text).decode().splitlines()) == 1


def test_terminals_are_not_spoken_to() -> None:
    """Control characters of both sets reach nobody's terminal."""
    assert format_line(NOON, "a\x1b[31m\x9b2Jb\x7f").endswith(b" ~ a\\x1b[31m\\x9b2Jb\\x7f\n")


def test_lines_are_appended(tmp_path: Path, log: EventLog) -> None:
    """One line for each text, in order, after what is there."""
    log.append(NOON, ["one", "two"])
    log.append(NOON, ["three"])
    assert written(tmp_path) == ["one", "two", "three"]


def test_a_restart_on_the_same_day_goes_on_in_the_same_file(tmp_path: Path) -> None:
    """Nothing is rotated and nothing lost by a restart."""
    for text in ("one", "two"):
        log = EventLog(tmp_path)
        log.append(datetime.now(UTC).astimezone(), [text])
        log.close()
    assert written(tmp_path) == ["one", "two"]
    assert len(os.listdir(tmp_path)) == 1


def test_the_log_turns_over_at_midnight(tmp_path: Path, log: EventLog) -> None:
    """The file takes the name of the day that it holds, and a new one begins."""
    log.append(NOON, ["old"])
    log.append(NOON + DAY, ["new"])
    assert written(tmp_path, "imagehub.log.2026-11-21") == ["old"]
    assert written(tmp_path) == ["new"]


def test_a_log_of_an_older_day_turns_over_after_a_restart(tmp_path: Path, log: EventLog) -> None:
    """A hub that was down at midnight rotates when it starts to write."""
    (tmp_path / "imagehub.log").write_text("x ~ old\n")
    os.utime(tmp_path / "imagehub.log", (NOON.timestamp(), NOON.timestamp()))
    log.append(NOON + 3 * DAY, ["new"])
    assert written(tmp_path, "imagehub.log.2026-11-21") == ["old"]
    assert written(tmp_path) == ["new"]


def test_the_day_of_a_log_is_the_local_one(tmp_path: Path, log: EventLog) -> None:
    """Half past midnight in a zone ahead of UTC is the new day there, though it is the old one in UTC."""
    (tmp_path / "imagehub.log").write_text("x ~ today\n")
    half_past = NOON.replace(hour=0, minute=30)
    os.utime(tmp_path / "imagehub.log", (half_past.timestamp(), half_past.timestamp()))
    log.append(NOON, ["new"])
    assert written(tmp_path) == ["today", "new"]


def test_a_rotated_log_is_never_overwritten(tmp_path: Path, log: EventLog) -> None:
    """When the clock comes back to a day twice, each rotation has a file of its own."""
    for day, text in enumerate(["one", "two", "three", "four", "five"]):
        log.append(NOON + DAY * (day % 2), [text])
    kept = {name: written(tmp_path, name) for name in os.listdir(tmp_path)}
    assert kept == {
        "imagehub.log.2026-11-21": ["one"],
        "imagehub.log.2026-11-22": ["two"],
        "imagehub.log.2026-11-21.2": ["three"],
        "imagehub.log.2026-11-22.2": ["four"],
        "imagehub.log": ["five"],
    }


def test_lines_can_be_taken_back(tmp_path: Path, log: EventLog) -> None:
    """What `append` returned is where `rewind` goes."""
    log.append(NOON, ["stays"])
    log.rewind(log.append(NOON, ["goes", "goes too"]))
    log.append(NOON, ["next"])
    assert written(tmp_path) == ["stays", "next"]


def test_taking_back_the_first_lines_after_a_restart_keeps_the_earlier_ones(tmp_path: Path) -> None:
    """A fault at the first event after a start does not cost the day's log."""
    now = datetime.now(UTC).astimezone()
    for text in ("before", "taken back"):
        log = EventLog(tmp_path)
        size = log.append(now, [text])
        if text == "taken back":
            log.rewind(size)
        log.close()
    assert written(tmp_path) == ["before"]


def test_taking_back_the_first_lines_of_a_day_takes_all_of_them(tmp_path: Path, log: EventLog) -> None:
    """The length before them is that of the new file, not of the one that was rotated away."""
    log.append(NOON, ["old"])
    log.rewind(log.append(NOON + DAY, ["goes"]))
    assert written(tmp_path) == []
    assert written(tmp_path, "imagehub.log.2026-11-21") == ["old"]


def test_a_write_that_fails_leaves_no_part_of_a_line(tmp_path: Path, log: EventLog) -> None:
    """The kernel takes half of the lines and refuses the rest: none of them stays."""
    log.append(NOON, ["one"])
    with largest_file(4000), pytest.raises(OSError, match="too large"):
        log.append(NOON, ["x" * 1500] * 4)
    log.append(NOON, ["two"])
    assert written(tmp_path) == ["one", "two"]


def test_a_log_that_others_cut_goes_on(tmp_path: Path, log: EventLog) -> None:
    """After `logrotate` with copytruncate the log holds whole lines, and a fault does not fill it with zeros."""
    log.append(NOON, ["one"])
    os.truncate(tmp_path / "imagehub.log", 0)
    log.rewind(log.append(NOON, ["goes"]))
    log.append(NOON, ["two"])
    assert written(tmp_path) == ["two"]


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    """Nobody is told that a line was written when it was not."""
    log = EventLog(tmp_path / "logs")
    with pytest.raises(FileNotFoundError):
        log.append(NOON, ["one"])
