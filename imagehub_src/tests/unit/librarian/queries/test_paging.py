"""Where a page begins."""

import pytest

from imagehub.librarian.queries import paging
from imagehub.librarian.queries.faults import CursorError


@pytest.mark.parametrize("text", ["", "o", "o1", "x1.2", "o1.2 ", "o1.2\n", "o٣.2", "o" + "9" * 30 + ".1", "o1.-2"])
def test_rubbish_is_no_cursor(text: str) -> None:
    """Whatever somebody types into the address is an error that can be shown."""
    with pytest.raises(CursorError):
        paging.place(text)


def test_a_cursor_has_a_direction() -> None:
    """None begins with the newest row."""
    assert paging.place("n5.7") == paging.Place(5, 7, newer=True)
    assert paging.place(None) == paging.NEWEST
