"""Whether two boxes show the same thing."""

import pytest

from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.tracks.matching import Look, absence, assign, likeness

SECOND = 1_000_000
EVENT = 10 * SECOND
HERE = Look(Box(0.4, 0.4, 0.1, 0.3), 0)


@pytest.mark.parametrize(
    ("box", "seconds", "same"),
    [
        (Box(0.4, 0.4, 0.1, 0.3), 86_400, True),  # it stands
        (Box(0.42, 0.4, 0.1, 0.3), 86_400, True),
        (Box(0.5, 0.4, 0.1, 0.3), 1, True),  # it moves
        (Box(0.5, 0.4, 0.1, 0.3), 11, False),  # too late
        (Box(0.5, 0.4, 0.1, 0.3), 0.01, False),  # too quick
        (Box(0.9, 0.0, 0.1, 0.3), 9, False),  # too far
        (Box(0.45, 0.4, 0.03, 0.1), 1, False),  # too small
        (Box(0.4, 0.4, 0.0, 0.0), 1, False),
    ],
)
def test_what_stands_or_is_near_is_the_same(box: Box, seconds: float, same: bool) -> None:
    """In both directions of time."""
    there = Look(box, round(seconds * SECOND))
    assert (likeness(HERE, there, EVENT) > 0) is same
    assert likeness(there, HERE, EVENT) == pytest.approx(likeness(HERE, there, EVENT))


def test_what_stands_fits_better_than_what_moved() -> None:
    """Two cars side by side keep their places."""
    near = Look(Box(0.45, 0.4, 0.1, 0.3), SECOND)
    assert likeness(HERE, Look(HERE.box, 5 * SECOND), EVENT) > 1 > likeness(HERE, near, EVENT) > 0


def test_the_best_pairs_go_first() -> None:
    """Each of them once; those that may not are as if unknown, and what fits nothing gets nothing."""
    fits = {(0, "a"): 0.5, (0, "b"): 0.9, (1, "b"): 0.8, (1, "a"): 0.1, (2, "c"): 1.0}
    asked: list[str] = []

    def may(known: str) -> bool:
        asked.append(known)
        return known != "c"

    given = assign(4, ["a", "b", "c", "d"], lambda at, known: fits.get((at, known), 0.0), may)
    assert given == {0: "b", 1: "a"}
    assert "d" not in asked


def test_images_stand_for_the_time_before_them() -> None:
    """At most that of an event; those that wait to be looked at stand for nothing, and it need not be counted on."""
    times = [(2, True), (3, False), (7, True), (100, True), (101, True)]
    assert absence(times, 0, 10, 1000) == 2 + 4 + 10 + 1
    assert absence(iter(times), 0, 10, 5) == 5
    assert absence([], 0, 10, 5) == 0
