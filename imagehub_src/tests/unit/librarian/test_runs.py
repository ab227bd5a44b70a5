"""Runs are a set of numbers, whatever order they come in."""

from hypothesis import given
from hypothesis import strategies as st

from imagehub.librarian.runs import Runs


@given(st.lists(st.integers(0, 60)))
def test_it_holds_what_was_added_and_nothing_else(numbers: list[int]) -> None:
    """Also where numbers come twice, backwards or with gaps, and when it is asked in between."""
    runs, added = Runs(), set()
    for number in numbers:
        runs.add(number)
        added.add(number)
        assert number in runs
    assert {number for number in range(-1, 62) if number in runs} == added


def test_numbers_in_a_row_take_the_room_of_one() -> None:
    """A journal of millions of entries is one run, and each gap one more."""
    runs = Runs()
    for number in [*range(1, 5000), *range(6000, 9000)]:
        runs.add(number)
    assert runs._runs == [[1, 4999], [6000, 8999]]
