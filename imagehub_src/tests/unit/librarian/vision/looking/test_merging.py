"""What is in a picture, where its parts were looked at too."""

import pytest

from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.looking.merging import WHOLE, merged
from imagehub.librarian.vision.seeing import LEAST, Thing

LEFT, RIGHT = Box(0, 0, 0.6, 1), Box(0.4, 0, 0.6, 1)


def test_boxes_come_in_those_of_the_whole() -> None:
    """A part's boxes are from 0 to 1 of the part."""
    (thing,) = merged([(RIGHT, [Thing("dog", 0.9, Box(0.5, 0.5, 0.1, 0.2))])])
    assert thing.box == pytest.approx(Box(0.7, 0.5, 0.06, 0.2))


def test_what_two_parts_show_is_one_thing() -> None:
    """The closest look tells where it is, the surest one how sure it is."""
    whole = Thing("person", 0.9, Box(0.5, 0.4, 0.06, 0.22))
    close = Thing("person", 0.8, Box(0.5, 0.35, 0.1, 0.35))
    (thing,) = merged([(WHOLE, [whole]), (LEFT, [Thing("person", 0.5, Box(0.85, 0.4, 0.1, 0.2))])])
    assert thing.score == 0.9
    (thing,) = merged([(WHOLE, [whole]), (Box(0.2, 0.2, 0.6, 0.6), [close])])
    assert thing == Thing("person", 0.9, close.box.within(Box(0.2, 0.2, 0.6, 0.6)))


def test_things_of_two_labels_are_two() -> None:
    """A person sits on a horse."""
    there = Box(0.5, 0.4, 0.1, 0.2)
    assert [each.label for each in merged([(WHOLE, [Thing("horse", 0.7, there), Thing("person", 0.9, there)])])] == [
        "person",
        "horse",
    ]


def test_things_that_one_look_tells_apart_are_two() -> None:
    """Somebody stands before somebody else."""
    pair = [Thing("person", 0.9, Box(0.5, 0.4, 0.1, 0.2)), Thing("person", 0.8, Box(0.53, 0.4, 0.1, 0.2))]
    assert pair[0].box.overlap(pair[1].box) > 0.4
    pair[1] = Thing("person", 0.8, Box(0.54, 0.4, 0.1, 0.2))
    assert len(merged([(WHOLE, pair)])) == 2


def test_a_thing_that_is_cut_gives_way_to_the_whole_one() -> None:
    """Even if its half was the surer one."""
    whole = Thing("car", 0.6, Box(0.5, 0.4, 0.2, 0.2))
    half = Thing("car", 0.95, Box(0.833, 0.4, 0.167, 0.2))
    (thing,) = merged([(LEFT, [half]), (WHOLE, [whole])])
    assert thing == whole


def test_a_thing_that_is_cut_is_kept_where_nobody_saw_the_whole_one() -> None:
    """Better a half than nothing."""
    half = Thing("car", 0.95, Box(0.833, 0.4, 0.167, 0.2))
    assert len(merged([(LEFT, [half]), (WHOLE, [])])) == 1


def test_the_edge_of_the_picture_cuts_nothing() -> None:
    """There is no more of it to see."""
    at_edge = Thing("car", 0.95, Box(0.0, 0.4, 0.2, 0.2))
    around = Thing("car", 0.6, Box(0.0, 0.4, 0.16, 0.2))
    assert [each.score for each in merged([(LEFT, [at_edge]), (WHOLE, [around])])] == [0.95]


def test_what_is_large_is_told_by_the_whole_picture() -> None:
    """A fur that fills a tile looks like any animal's."""
    assert merged([(LEFT, [Thing("cat", 0.9, Box(0.05, 0.05, 0.9, 0.9))]), (WHOLE, [])]) == []
    assert len(merged([(WHOLE, [Thing("cat", 0.9, Box(0.05, 0.05, 0.9, 0.9))])])) == 1


def test_what_is_not_sure_enough_is_left_out() -> None:
    """Whatever a detector says."""
    assert merged([(WHOLE, [Thing("cat", LEAST - 0.01, Box(0.1, 0.1, 0.1, 0.1))])]) == []
    assert merged([]) == []
