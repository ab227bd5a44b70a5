"""What stands still before a simulated camera."""

import numpy as np

from imagehub.demo import yard


def test_a_yard_is_open_above_and_solid_below() -> None:
    """Black is the sky that is painted later: all of the top row, and nothing from the horizon on."""
    picture = yard.build(1)
    assert picture.shape == (yard.HEIGHT, yard.WIDTH, 3)
    free = np.asarray(picture.max(axis=2) == 0)
    assert free[0].all()
    assert not free[yard.HORIZON :].any()


def test_each_seed_is_another_yard() -> None:
    """Several cameras don't look like one."""
    assert np.array_equal(yard.build(1), yard.build(1))
    assert not np.array_equal(yard.build(1), yard.build(2))
