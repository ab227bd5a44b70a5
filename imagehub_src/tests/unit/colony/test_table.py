"""Cameras on a terminal: a row each that fits its width; elsewhere lines."""

import io
from collections.abc import Sequence

from imagehub.colony.table import PLAIN_SECONDS, Display, Row, plain, render
from imagehub.terminal import cells

ROWS = (
    Row("camera_red_60", "recording", 1234, 0, 1_500_000, 63 << 30, 61.0),
    Row("camera_yellow_61", "fault", 17, 3, None, 1 << 20, 0.0, "picamera2: the cable\x1b[2J"),
)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """See `io.IOBase.isatty`."""
        return True


class Recording:
    """A recording that ends after it was looked at a few times."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    @property
    def acquiring(self) -> bool:
        """See `table.Shown`."""
        self._looks -= 1
        return self._looks >= 0


def shown(stream: io.StringIO, looks: int, seconds: Sequence[float] = ()) -> str:
    """Return what a display writes."""
    times = iter(seconds)
    display = Display(stream, "colony", lambda: next(times, 0.0))
    display.say("before")
    display.run(Recording(looks), lambda: ROWS, lambda _: display.say("a line\x1b[2J"))
    return stream.getvalue()


def test_a_row_tells_all_figures() -> None:
    """With units."""
    _, first, second = render(ROWS, 140, colour=False)
    assert first.split() == [
        "camera_red_60",
        "recording",
        "1,234",
        "0",
        "+1.50",
        "ms",
        "63.0",
        "GiB",
        "1",
        "min",
        "01",
        "s",
    ]
    assert "picamera2: the cable?[2J" in second


def test_rows_fit_narrow_terminals_and_names_stay_longest() -> None:
    """No line wraps."""
    for width in (20, 40, 80):
        lines = render(ROWS, width, colour=False)
        assert all(cells.width(line) <= width for line in lines)
        assert "camera_red" in lines[1]


def test_a_fault_is_red() -> None:
    """Where colours are wished."""
    assert "\x1b[31m" in render(ROWS, 120, colour=True)[2]


def test_a_plain_line_has_the_same() -> None:
    """For logs."""
    assert plain(ROWS[0]) == "camera_red_60: recording, 1,234 frames, 0 missed, clock +1.50 ms, 63.0 GiB left"
    assert plain(ROWS[1]).endswith("clock not compared, 1.00 MiB left, FAULT: picamera2: the cable?[2J")


def test_a_terminal_gets_a_table_with_the_newest_lines_of_the_log() -> None:
    """And is given back at the end."""
    written = shown(Terminal(), looks=3)
    assert "CAMERA" in written
    assert "a line?[2J" in written
    assert written.endswith("\x1b[?25h\x1b[?1049l")


def test_elsewhere_the_log_is_printed_as_it_comes_and_the_cameras_now_and_then() -> None:
    """Nothing controls a terminal there."""
    written = shown(io.StringIO(), looks=3, seconds=[0, 0, 0, 1, PLAIN_SECONDS, PLAIN_SECONDS])
    assert "\x1b" not in written
    assert written.count("camera_red_60: recording") == 2
    assert written.count("a line?[2J") == 3


def test_without_the_log_a_failure_is_shown_all_the_same() -> None:
    """And it is not shown twice with it."""
    for quiet, expected in ((True, "left FAILED: unplugged\n"), (False, "a line\n")):
        stream = io.StringIO()
        display = Display(stream, "colony")
        display.quiet = quiet
        display.say("a line")
        display.warn("left", "unplugged")
        assert stream.getvalue() == expected


def test_a_line_is_broken_between_words_on_a_terminal() -> None:
    """So that none is torn apart at the edge."""
    stream = Terminal()
    Display(stream, "colony").say("12:00:00 " + "word " * 20)
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == ["word"] * 2


def test_an_offset_of_next_to_nothing_has_no_minus() -> None:
    """Nobody need wonder what -0.00 ms means."""
    assert "clock +0.00 ms" in plain(Row("left", "idle", offset_ns=-3_000))
