"""How much room a text takes on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagehub.terminal import cells


@pytest.mark.parametrize(
    ("text", "width"),
    [("Barn", 4), ("穀倉", 4), ("ไม้", 2), ("e\u0301", 1), ("한", 2), ("\u1112\u1161\u11ab", 2), ("", 0)],
)
def test_wide_characters_take_two_columns_and_combining_ones_none(text: str, width: int) -> None:
    """Names of any script line up."""
    assert cells.width(text) == width


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[31mred", "?[31mred"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\u202ereversed", "?reversed"),
        ("\x9b2J", "?2J"),
        ("\ud800", "?"),
        ("Temp|68 °F", "Temp|68 °F"),
    ],
)
def test_nothing_that_controls_a_terminal_gets_through(text: str, cleaned: str) -> None:
    """Escape sequences, line ends and changes of direction are shown as question marks or blanks."""
    assert cells.clean(text) == cleaned


def test_a_text_that_is_too_long_is_cut_and_marked() -> None:
    """A reader sees that something is missing."""
    assert cells.fit("motion|moving", 10) == "motion|mo…"


def test_a_text_that_is_too_short_is_padded_on_either_side() -> None:
    """Names begin and numbers end at the same column."""
    assert cells.fit("Barn", 6) == "Barn  "
    assert cells.fit("12", 6, right=True) == "    12"


@given(st.text(), st.integers(0, 40), st.booleans())
def test_a_fitted_text_takes_just_the_columns_asked_for(text: str, columns: int, right: bool) -> None:
    """Whatever the text, what comes beside it is in its place."""
    fitted = cells.fit(cells.clean(text), columns, right)
    assert cells.width(fitted) == columns
