"""A progress bar for long work."""

import io

import pytest

from imagehub.terminal import cells
from imagehub.terminal.progress import Progress
from imagehub.testing import FakeClock


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Say that it is one."""
        return True

    def shown(self) -> str:
        """What the line shows now."""
        return self.getvalue().rpartition("\r")[2].partition("\x1b")[0]


def test_a_terminal_sees_how_far_how_fast_and_how_long_still() -> None:
    """The bar tells the share, the count, the rate and the time that is left."""
    terminal, clock = Terminal(), FakeClock()
    with Progress(2000, "checked", terminal, clock.monotonic) as bar:
        clock.pass_(2.0)
        bar.advance(500)
        assert terminal.shown() == "checked  ██████░░░░░░░░░░░░░░░░░░  25%  500 of 2,000  250/s  6.0 s left"


def test_work_of_unknown_length_is_counted() -> None:
    """Without a total there is a count and a rate, and no bar that would have to guess."""
    terminal, clock = Terminal(), FakeClock()
    with Progress(None, "sent", terminal, clock.monotonic) as bar:
        clock.pass_(1.0)
        bar.advance(30)
        assert terminal.shown() == "sent 30  30/s"


def test_where_there_is_no_terminal_only_a_line_at_the_end_is_printed() -> None:
    """A log gets one line, with what was done, in what time and at what rate."""
    stream, clock = io.StringIO(), FakeClock()
    with Progress(3, "purged", stream, clock.monotonic) as bar:
        for _ in range(3):
            clock.pass_(0.5)
            bar.advance()
    assert stream.getvalue() == "purged 3 in 1.5 s, 2.0/s\n"


def test_work_that_is_broken_off_says_how_far_it_came() -> None:
    """The last line never claims more than was done."""
    stream, clock = io.StringIO(), FakeClock()

    def work() -> None:
        with Progress(3, "purged", stream, clock.monotonic) as bar:
            bar.advance()
            clock.pass_(2.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert stream.getvalue() == "purged 1 of 3 in 2.0 s, 0.5/s\n"


def test_the_bar_is_drawn_ten_times_a_second_at_most() -> None:
    """Fast work is not slowed by its own progress."""
    terminal, clock = Terminal(), FakeClock()
    with Progress(10_000, "checked", terminal, clock.monotonic) as bar:
        for _ in range(10_000):
            clock.pass_(0.0001)
            bar.advance()
    assert terminal.getvalue().count("\r") <= 12


def test_a_line_that_is_said_stands_above_the_bar() -> None:
    """Remarks and bar don't overwrite each other."""
    terminal, clock = Terminal(), FakeClock()
    with Progress(4, "sent", terminal, clock.monotonic) as bar:
        clock.pass_(1.0)
        bar.say("a.jpg: NOT STORED disk full")
        assert "\r\x1b[Ka.jpg: NOT STORED disk full\n" in terminal.getvalue()
        assert terminal.shown().startswith("sent  ░")


def test_a_narrow_terminal_gets_a_shorter_line() -> None:
    """The bar never wraps into a second line that would be left behind."""
    terminal, clock = Terminal(), FakeClock()
    with Progress(10**12, "a rather long word for what is done here", terminal, clock.monotonic) as bar:
        clock.pass_(1.0)
        bar.advance(10**6)
        assert cells.width(terminal.shown()) < 80


def test_no_work_at_all_is_no_error() -> None:
    """Nothing to do is said like everything else."""
    stream = io.StringIO()
    with Progress(0, "purged", stream, FakeClock().monotonic):
        pass
    assert stream.getvalue() == "purged 0 in 0.0 ms, -/s\n"
