"""Drawing a picture of text in place."""

import io
import os
import pty
import termios

import pytest

from imagehub.terminal import screen
from imagehub.terminal.screen import Screen


class Terminal(io.StringIO):
    """A stream that says it is a terminal; without a size of its own it counts as 80 columns and 24 lines."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


def drawn(lines: list[str], last: list[str]) -> list[str]:
    """What a terminal shows after one drawing, from the top."""
    terminal = Terminal()
    Screen(terminal).draw(lines, last)
    text = terminal.getvalue()
    assert text.startswith(screen.HOME)
    assert text.endswith(screen.CLEAR_BELOW)
    body = text.removeprefix(screen.HOME).removesuffix(screen.CLEAR_BELOW)
    return [line.removesuffix(screen.CLEAR_TO_LINE_END) for line in body.split("\r\n")]


def test_a_picture_is_drawn_from_the_top_over_the_one_before() -> None:
    """Nothing of an earlier picture shows through: each line and the rest of the screen are cleared."""
    assert drawn(["one", "two"], ["the end"]) == ["one", "two", "the end"]


def test_a_picture_that_is_too_high_keeps_its_last_lines_and_says_what_is_hidden() -> None:
    """The screen never scrolls, and the lines at the bottom are always there."""
    shown = drawn([f"node {number}" for number in range(100)], ["Ctrl-C stops"])
    assert len(shown) == 24
    assert shown[-3:-1] == ["node 21", "… 78 more lines; a taller window shows them".ljust(80)]
    assert shown[-1] == "Ctrl-C stops"


def test_the_screen_that_was_there_before_comes_back_even_after_an_error() -> None:
    """Whatever ends the view, the user finds the terminal as it was, with its cursor."""
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt), Screen(terminal):
        raise KeyboardInterrupt
    assert terminal.getvalue() == screen.ENTER + screen.LEAVE


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_only_a_terminal_that_may_be_coloured_is(
    stream: io.StringIO, environment: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, pipes, plain terminals and users who set NO_COLOR get no colour."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert screen.wants_colour(stream) is colour


def test_a_terminal_tells_its_size() -> None:
    """The picture fits the window it is shown in."""
    leader, follower = pty.openpty()
    try:
        termios.tcsetwinsize(follower, (30, 100))
        with open(follower, "w", closefd=False) as stream:
            assert screen.size(stream) == os.terminal_size((100, 30))
    finally:
        os.close(leader)
        os.close(follower)
