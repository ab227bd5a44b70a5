"""Frames that this program makes come at their instants, and a late reader misses some."""

import pytest

from imagehub.node.cameras.pace import KEPT_FRAMES, Pace
from passing_time import PassingTime


@pytest.fixture
def time() -> PassingTime:
    """Return time that passes where somebody sleeps."""
    return PassingTime()


def test_frame_k_is_due_k_frames_after_the_first_to_the_nanosecond(time: PassingTime) -> None:
    """30 frames a second are no whole nanoseconds apart, and yet no error adds up."""
    first = time.wall_ns + 500_000_000
    pace = Pace(30, first, time.clock)
    instants = [pace.next(1) for _ in range(301)]
    assert [each.wall_ns - first for each in instants if each][::30] == [k * 1_000_000_000 for k in range(11)]
    assert [each.number for each in instants if each] == list(range(301))


def test_nothing_comes_before_the_first_frames_instant(time: PassingTime) -> None:
    """Whoever asks earlier waits as long as they said, and gets nothing."""
    pace = Pace(30, time.wall_ns + 2_000_000_000, time.clock)
    began = time.boot_ns
    assert pace.next(0.5) is None
    assert time.boot_ns - began == 500_000_000
    first = pace.next(5)
    assert first is not None
    assert (first.number, first.sensor_ns) == (0, began + 2_000_000_000)


def test_a_reader_a_little_late_gets_every_frame(time: PassingTime) -> None:
    """Eight frames wait for it, as in a sensor's buffers."""
    pace = Pace(10, None, time.clock)
    time.pass_((KEPT_FRAMES - 1) / 10)
    numbers = [each.number for each in (pace.next(0) for _ in range(KEPT_FRAMES)) if each]
    assert numbers == list(range(KEPT_FRAMES))
    assert pace.next(0) is None


def test_a_reader_too_late_sees_a_gap(time: PassingTime) -> None:
    """The oldest frames are gone, and the numbers tell how many."""
    pace = Pace(10, None, time.clock)
    pace.next(0)
    time.pass_(2)
    instant = pace.next(0)
    assert instant is not None
    assert instant.number == 20 - KEPT_FRAMES + 1
    assert instant.wall_ns == time.wall_ns - 700_000_000
