"""The last lines of the log wait for the conductor, under numbers."""

import logging

from imagehub.colony.agent.logring import LINES_A_REPLY, LogRing


def filled(lines: int, kept: int = 10_000) -> LogRing:
    """Return a ring that got some lines."""
    ring = LogRing(kept)
    for number in range(lines):
        ring.emit(logging.LogRecord("x", logging.INFO, "", 1, "line %s", (number,), None))
    return ring


def test_lines_are_told_from_a_number_on() -> None:
    """With the number to ask for next."""
    told = filled(3).since(1)
    assert [line["text"] for line in told["lines"]] == ["line 1", "line 2"]
    assert told["next"] == 3
    assert filled(3).since(3) == {"lines": [], "next": 3}


def test_many_lines_come_in_parts() -> None:
    """None is left out."""
    ring = filled(LINES_A_REPLY + 7)
    first = ring.since(0)
    assert len(first["lines"]) == LINES_A_REPLY
    assert [line["number"] for line in ring.since(first["next"])["lines"]] == list(
        range(LINES_A_REPLY, LINES_A_REPLY + 7)
    )


def test_only_the_newest_are_kept() -> None:
    """An agent has little memory."""
    assert [line["number"] for line in filled(10, kept=3).since(0)["lines"]] == [7, 8, 9]


def test_who_asks_beyond_the_end_learns_where_it_is() -> None:
    """So a conductor begins with what is new."""
    assert filled(4).since(1 << 62)["next"] == 4
