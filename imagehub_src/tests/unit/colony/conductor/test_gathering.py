"""One log of all cameras, whose lines nobody can forge."""

from pathlib import Path

import pytest

from imagehub.colony.conductor.gathering import GatheredLog
from imagehub.errors import ImagehubError

LINE = {"time": 1_770_000_000.5, "level": "INFO", "text": "armed"}


def gathered(path: Path, *lines: dict[str, object], level: str = "DEBUG") -> list[str]:
    """Return the lines of a log that got these from the camera `left`."""
    shown: list[str] = []
    log = GatheredLog([path], level, shown.append)
    for line in lines:
        log.add("left", line)
    log.close()
    assert path.read_text().splitlines() == shown
    return shown


def test_a_line_has_time_camera_level_and_text(tmp_path: Path) -> None:
    """The time is the camera's."""
    assert gathered(tmp_path / "log", LINE) == ["2026-02-02T02:40:00.500+00:00 left INFO armed"]


def test_lines_below_the_level_are_left_out(tmp_path: Path) -> None:
    """What is no level counts as INFO."""
    lines = [{**LINE, "level": level} for level in ("DEBUG", "ODD", "ERROR")]
    assert len(gathered(tmp_path / "log", *lines, level="INFO")) == 2


@pytest.mark.parametrize("line", [{}, {**LINE, "time": "x"}, {**LINE, "time": 1e300}, {**LINE, "time": None}])
def test_what_is_no_line_is_told(tmp_path: Path, line: dict[str, object]) -> None:
    """An agent is not trusted to send lines."""
    assert gathered(tmp_path / "log", line)[0].endswith("left WARNING a line of its log can't be read")


def test_a_text_stays_in_its_line(tmp_path: Path) -> None:
    """And controls no terminal."""
    (line,) = gathered(tmp_path / "log", {**LINE, "text": "a\nright ERROR forged\x1b[2J"})
    assert line.endswith("left INFO a right ERROR forged [2J")


def test_a_log_is_gone_on_with_and_one_that_cant_be_written_is_told(tmp_path: Path) -> None:
    """By its path."""
    for _ in range(2):
        log = GatheredLog([tmp_path / "log"], "INFO", None)
        log.say("INFO", "text")
        log.close()
    assert len((tmp_path / "log").read_text().splitlines()) == 2
    with pytest.raises(ImagehubError, match=r"can't write the log .*/log/x: "):
        GatheredLog([tmp_path / "log" / "x"], "INFO", None)
