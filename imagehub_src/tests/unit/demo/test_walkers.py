"""Who passes before a simulated camera."""

import numpy as np
import pytest

from imagehub.demo import walkers
from imagehub.demo.scene import WALKERS, Passage
from imagehub.demo.yard import HEIGHT, WIDTH

LINE = 400


def painted(passage: Passage, time: float) -> np.ndarray:
    """Where a walker covers a white picture."""
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    walkers.paint(picture, passage, time, LINE)
    return np.asarray((picture < 250).any(axis=2))


@pytest.mark.parametrize("who", WALKERS)
def test_a_walker_comes_in_on_one_side_and_leaves_on_the_other(who: str) -> None:
    """At the beginning and the end of a passage next to nothing is seen, halfway all of it, in the middle."""
    passage = Passage(who, enters=0.0, leaves=8.0, leftwards=False)
    begin, middle, end = (painted(passage, time) for time in (0.0, 4.0, 8.0))
    assert begin.sum() < middle.sum() / 20
    assert end.sum() < middle.sum() / 20
    assert middle.nonzero()[1].mean() == pytest.approx(WIDTH / 2, abs=25)
    assert middle.nonzero()[0].max() == pytest.approx(LINE, abs=12)


@pytest.mark.parametrize("who", WALKERS)
def test_a_walker_who_goes_left_is_seen_from_the_other_side(who: str) -> None:
    """The way back looks like the way there in a mirror."""
    there = painted(Passage(who, 0.0, 8.0, leftwards=False), 3.0)
    back = painted(Passage(who, 0.0, 8.0, leftwards=True), 3.0)
    differing = (there[:, ::-1] != back).sum()
    assert differing < there.sum() / 10
