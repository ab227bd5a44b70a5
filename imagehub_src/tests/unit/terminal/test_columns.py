"""Texts laid out side by side."""

import pytest

from imagehub.terminal import cells, columns
from imagehub.terminal.columns import Column, Text

LAYOUT = (
    Column("NAME", worth=3, right=False, narrowest=6),
    Column("COUNT", worth=2),
    Column("NOTE", worth=1),
)
ROWS = (
    (Text("a long name"), Text("5", "33"), Text("fine")),
    (Text("b"), Text("12,345"), Text("a note that is longer than the rest")),
)


def test_words_begin_and_numbers_end_at_the_same_column() -> None:
    """Wide enough, a table shows everything, aligned."""
    assert columns.table(LAYOUT, ROWS, 80, colour=False) == [
        "NAME          COUNT                                 NOTE",
        "a long name       5                                 fine",
        "b            12,345  a note that is longer than the rest",
    ]


def test_a_table_that_is_too_wide_loses_its_least_column_and_then_shrinks_names() -> None:
    """What is worth most stays, cut as little as possible."""
    assert columns.table(LAYOUT, ROWS, 17, colour=False) == [
        "NAME        COUNT",
        "a long n…       5",
        "b          12,345",
    ]


@pytest.mark.parametrize("width", range(1, 60))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """A line never wraps, however narrow the window."""
    lines = [*columns.table(LAYOUT, ROWS, width, colour=False), columns.line(ROWS[1], width, colour=False)]
    assert max(map(cells.width, lines)) <= width


def test_colours_add_nothing_but_colour() -> None:
    """Without its colour sequences, a coloured table is the plain one."""
    coloured = "\n".join(columns.table(LAYOUT, ROWS, 80, colour=True))
    assert "\x1b[33m     5\x1b[0m" in coloured
    for sequence in ("\x1b[33m", "\x1b[2m", "\x1b[0m"):
        coloured = coloured.replace(sequence, "")
    assert coloured.splitlines() == columns.table(LAYOUT, ROWS, 80, colour=False)


def test_a_line_leaves_out_its_last_parts_first() -> None:
    """A head line keeps what it begins with."""
    parts = [Text("imagehub"), Text("ready"), Text("up 3 s")]
    assert columns.line(parts, 16, colour=False) == "imagehub  ready"
