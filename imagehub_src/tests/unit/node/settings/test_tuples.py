"""Tuples of an imagenode.yaml are read as people type them, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagehub.node.settings import tuples


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("(640, 480)", (640, 480)),
        ("(640,480)", (640, 480)),
        ("(65,2),(100,25)", ((65, 2), (100, 25))),
        ("((10,35),(40,85))", ((10, 35), (40, 85))),
        (" (0, 0),(100, 100) ", ((0, 0), (100, 100))),
        ("((255,0,0),5)", ((255, 0, 0), 5)),
        ("(1.5, 1.2)", (1.5, 1.2)),
        ([640, 480], (640, 480)),
        ([[65, 2], [100, 25]], ((65, 2), (100, 25))),
        ([[255, 0, 0], 5], ((255, 0, 0), 5)),
    ],
)
def test_tuples_are_read_as_text_and_as_lists(typed: object, read: object) -> None:
    """Both ways give the same."""
    assert tuples.read(typed) == read


@pytest.mark.parametrize("typed", [None, 5, "640", "640x480", "(640, 480", "__import__('os')", "", "(" * 300, {"a": 1}])
def test_what_is_no_tuple_is_none(typed: object) -> None:
    """No text is run, and none ends the program."""
    assert tuples.read(typed) is None


@pytest.mark.parametrize(
    ("is_one", "good", "bad"),
    [
        (tuples.is_size, ["(16, 16)", [1920, 1456]], ["(0, 480)", "(640,)", "(64.0, 48)", "(1, 2, 3)", "(True, 480)"]),
        (tuples.is_place, ["(0,0)", "(100,100)"], ["(5)", "(-1, 5)", "(5, 101)"]),
        (tuples.is_rectangle, ["(0,0),(100,100)"], ["(5,5),(5,10)", "(5,5),(9,5)", "(0,0),(9,101)", "(1,2)"]),
        (tuples.is_line, ["((0,255,0),1)"], ["((0,256,0),1)", "((0,255,0),0)", "(0,255,0)", "((0,255),1)", "5"]),
        (tuples.is_gains, ["(1.5, 1)", [0, 8]], ["(1.5,)", "(1.5, 9)", "1.5", "(True, 1)", "('a', 1)"]),
    ],
)  # fmt: skip
def test_each_kind_of_tuple_has_its_shape_and_range(is_one: object, good: list[object], bad: list[object]) -> None:
    """Wrong counts, wrong types and numbers out of range are no such tuple."""
    assert callable(is_one)
    assert [typed for typed in good if not is_one(typed)] == []
    assert [typed for typed in bad if is_one(typed)] == []


@given(st.one_of(st.text(max_size=30), st.recursive(st.integers(), lambda items: st.lists(items, max_size=3))))
def test_no_value_is_too_odd_to_be_judged(value: object) -> None:
    """Whatever stands in a file is a tuple or is none."""
    for is_one in (tuples.is_size, tuples.is_place, tuples.is_rectangle, tuples.is_line, tuples.is_gains):
        assert is_one(value) in {True, False}
