"""Missing, doubled and disordered frames: named exactly, by numbers and by intervals, each on its own."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagehub.colony.synchrony.intervals import Gap, by_intervals, by_numbers, clock_jumps, jitter_ns
from recorded import BOOTED_NS


@dataclass(frozen=True)
class Made:
    """Frames with known faults."""

    numbers: list[int]
    instants: list[int]
    gaps: list[Gap]
    doubled: list[int]
    framerate: float


@st.composite
def faulty(draw: st.DrawFn) -> Made:
    """Draw a recording in which some frames are missing and some came twice, all less than 1/4 period off."""
    framerate = draw(st.sampled_from([5.0, 29.97, 30.0, 90.0, 120.0]))
    count = draw(st.integers(2, 120))
    fates = draw(st.lists(st.sampled_from("kkkkkkdt"), min_size=count, max_size=count))
    fates[0] = fates[-1] = "k"
    offs = draw(st.lists(st.floats(-0.2499, 0.2499), min_size=count, max_size=count))
    period = 1e9 / framerate
    numbers: list[int] = []
    instants: list[int] = []
    gaps: list[Gap] = []
    doubled: list[int] = []
    for number, (fate, off) in enumerate(zip(fates, offs, strict=True)):
        if fate == "d":
            continue
        if numbers and number - numbers[-1] > 1:
            gaps.append(Gap(len(numbers) - 1, number - numbers[-1] - 1, numbers[-1] + 1))
        for again in range(2 if fate == "t" else 1):
            if again:
                doubled.append(len(numbers))
            numbers.append(number)
            instants.append(
                BOOTED_NS + round((number + off) * period) + again * draw(st.integers(0, round(period / 4)))
            )
    return Made(numbers, instants, gaps, doubled, framerate)


def array(values: list[int]) -> "np.typing.NDArray[np.int64]":
    """Return int64 values."""
    return np.array(values, dtype=np.int64)


@given(made=faulty())
def test_numbers_name_what_is_missing_and_what_is_doubled(made: Made) -> None:
    """Each gap by row, count and first number; each doubled frame by row."""
    found = by_numbers(array(made.numbers))
    assert (list(found.gaps), list(found.doubled), found.disordered) == (made.gaps, made.doubled, ())


@given(made=faulty())
def test_intervals_name_the_same_without_the_numbers(made: Made) -> None:
    """With jitter up to a quarter of a period the instants alone tell every gap and every doubled frame."""
    found = by_intervals(array(made.instants), made.framerate)
    assert [(gap.row, gap.count) for gap in found.gaps] == [(gap.row, gap.count) for gap in made.gaps]
    assert (list(found.doubled), found.disordered) == (made.doubled, ())


@given(count=st.integers(0, 300), seed=st.integers(0, 2**32), framerate=st.floats(1, 200))
def test_a_recording_without_faults_has_none_found(count: int, seed: int, framerate: float) -> None:
    """The negative control: jitter alone is neither a loss nor a double."""
    off = np.random.default_rng(seed).uniform(-0.2499, 0.2499, count)
    instants = BOOTED_NS + np.rint((np.arange(count) + off) * 1e9 / framerate).astype(np.int64)
    found = by_intervals(instants, framerate)
    assert (found.gaps, found.doubled, found.disordered) == ((), (), ())


def test_more_jitter_than_that_is_not_hidden() -> None:
    """A frame that is 0.6 periods late can't be told from a loss and a double: it is named, not smoothed away."""
    instants = array([0, 100, 200, 360, 400, 500])
    found = by_intervals(instants * 1_000_000, 10.0)
    assert (found.gaps, found.doubled) == ((Gap(2, 1),), (4,))


@pytest.mark.parametrize("real", [29.5, 30.4])
def test_a_long_gap_is_counted_by_the_real_rate(real: float) -> None:
    """A camera that does not quite keep its rate: 50 frames missing are 50, not 49 or 51."""
    numbers = [*range(600), *range(650, 1200)]
    instants = array([BOOTED_NS + round(number * 1e9 / real) for number in numbers])
    assert by_intervals(instants, 30.0).gaps == (Gap(599, 50),)


def test_a_frame_before_its_turn_is_out_of_order() -> None:
    """By numbers and by instants; what follows is judged against the newest frame before."""
    numbers, instants = array([0, 1, 3, 2, 4]), array([0, 100, 300, 200, 400]) * 1_000_000
    by_number, by_instant = by_numbers(numbers), by_intervals(instants, 10.0)
    assert (by_number.disordered, by_instant.disordered) == ((3,), (3,))
    assert (by_number.gaps, by_instant.gaps) == ((Gap(1, 1, 2),), (Gap(1, 1),))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_frames_are_no_trouble(count: int) -> None:
    """Nothing, one and two frames have no faults and no more than one interval."""
    instants = np.arange(count, dtype=np.int64) * 33_333_333
    assert by_numbers(instants * 0 + np.arange(count)).dropped == 0
    assert by_intervals(instants, 30.0).dropped == 0
    assert len(jitter_ns(instants, 30.0)) == max(0, count - 1)


def test_jitter_is_against_the_real_period() -> None:
    """A camera that runs evenly has none, whatever its rate; one late frame has two intervals that are off."""
    even = np.arange(100, dtype=np.int64) * 33_900_000
    assert jitter_ns(even, 30.0).max() < 1
    late = even.copy()
    late[50] += 2_000_000
    assert sorted(jitter_ns(late, 30.0))[-2:] == pytest.approx([2e6, 2e6], abs=1)


def test_a_clock_that_is_set_is_seen_against_the_sensor() -> None:
    """The jump has its row and size; an instant that was read late once is no jump."""
    sensor = np.arange(100, dtype=np.int64) * 33_333_333
    wall = sensor + 1_790_000_000_000_000_000
    wall[20] += 30_000_000
    assert clock_jumps(sensor, wall) == []
    wall[60:] -= 250_000_000
    assert clock_jumps(sensor, wall) == [(60, -250_000_000)]
