"""Numbers of rows are read from what people and programs send."""

import pytest

from imagehub.librarian.web.numbers import LARGEST, chosen


def test_a_number_is_chosen() -> None:
    """As the list of choices sends it."""
    assert chosen("12") == (12,)


@pytest.mark.parametrize("text", ["", "all", "-1", "1.5", "²", "1_0", str(LARGEST * 10)])
def test_what_is_no_number_of_a_row_chooses_nothing(text: str) -> None:
    """Also one that no database takes."""
    assert chosen(text) == ()
