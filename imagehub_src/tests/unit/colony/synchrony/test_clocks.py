"""Comparing clocks: the truth lies within the uncertainty that is told, whatever network and clocks do."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagehub.colony.synchrony.clocks import ClockError, Offset, Stamps, Tracker, estimate, exchange
from simulated_clocks import BEGIN_NS, Link, drifting, jittered, stepping

SECOND = 1_000_000_000


def test_the_formulas_are_those_of_rfc_5905() -> None:
    """Offset is ((T2-T1)+(T3-T4))/2 and delay (T4-T1)-(T3-T2), as in its section 8."""
    stamps = Stamps(1_000, 6_400, 6_500, 2_100)
    assert (stamps.offset_ns, stamps.delay_ns) == (4_900, 1_000)


@given(
    seed=st.integers(0, 2**32),
    forth=st.floats(0, 5e6),
    back=st.floats(0, 5e6),
    jitter=st.floats(1, 2e7),
    offset=st.floats(-1e12, 1e12),
    ppm=st.floats(-100, 100),
)
def test_the_true_offset_is_within_the_uncertainty(
    seed: int, forth: float, back: float, jitter: float, offset: float, ppm: float
) -> None:
    """Asymmetric delays, jitter and drift: the truth at that instant is no further away than is told."""
    chance = random.Random(seed)
    truth = drifting(offset, ppm)
    link = Link(jittered(forth, jitter, chance), jittered(back, jitter, chance), truth)
    found = estimate(exchange(link.ask, 16))
    assert abs(found.offset_ns - truth(found.at_ns)) <= found.uncertainty_ns
    assert found.uncertainty_ns >= found.delay_ns / 2


def test_an_asymmetric_way_can_cost_all_of_the_uncertainty_and_no_more() -> None:
    """Where one way takes all the delay the error is half of it: the bound can't be made smaller."""
    link = Link(lambda: 2e6, lambda: 0.0, drifting(0, 0))
    found = estimate(exchange(link.ask, 5))
    assert abs(found.offset_ns) == 1_000_000
    assert 1_000_000 <= found.uncertainty_ns < 1_010_000


def test_the_exchange_with_the_least_delay_counts() -> None:
    """One quick exchange among slow ones tells the offset."""
    delays = iter([9e6, 8e6, 1e5, 7e6])
    link = Link(lambda: next(delays), lambda: 1e5, drifting(7e6, 0))
    found = estimate(exchange(link.ask, 4))
    assert (found.offset_ns, found.delay_ns) == (7_000_000, 200_000)


@pytest.mark.parametrize("ppm", [-80.0, 0.0, 35.0])
def test_drift_is_found_over_a_longer_series(ppm: float) -> None:
    """A minute of exchanges with jitter tells the drift, within the uncertainty told for it."""
    chance = random.Random(5)
    link = Link(jittered(2e5, 1e5, chance), jittered(2e5, 1e5, chance), drifting(3e8, ppm), pause_ns=SECOND)
    found = estimate(exchange(link.ask, 60))
    assert found.drift_ppm is not None
    assert found.drift_uncertainty_ppm is not None
    assert abs(found.drift_ppm - ppm) <= found.drift_uncertainty_ppm <= 20


def test_a_few_wild_exchanges_do_not_bend_the_drift() -> None:
    """One exchange in five that took 80 ms one way leaves the drift within 2 ppm."""
    delays = [8e7 if number % 5 == 3 else 2e5 for number in range(120)]
    link = Link(iter(delays).__next__, lambda: 2e5, drifting(0, 40.0), pause_ns=SECOND)
    found = estimate(exchange(link.ask, 120))
    assert found.drift_ppm == pytest.approx(40.0, abs=2)


@pytest.mark.parametrize(("rounds", "pause_ns"), [(16, 1_000_000), (4, 20 * SECOND), (30, 100_000_000)])
def test_drift_is_not_told_from_too_little(rounds: int, pause_ns: int) -> None:
    """A burst, or a handful of exchanges, tells no drift."""
    link = Link(lambda: 2e5, lambda: 2e5, drifting(0, 40.0), pause_ns=pause_ns)
    assert estimate(exchange(link.ask, rounds)).drift_ppm is None


def test_drift_is_not_told_where_the_network_is_too_slow_for_it() -> None:
    """Delays of 30 ms over 15 s leave 2000 ppm open, so nothing is said."""
    link = Link(lambda: 3e7, lambda: 3e7, drifting(0, 40.0), pause_ns=SECOND)
    assert estimate(exchange(link.ask, 15)).drift_ppm is None


def test_after_a_step_only_later_exchanges_count() -> None:
    """A clock that was set between two exchanges: the offset is the new one, though the best delay was before."""
    delays = iter([1e5] * 10 + [5e5] * 10)
    truth = stepping(0, 2e9, BEGIN_NS + 11 * 10_000_000)
    link = Link(lambda: next(delays), lambda: 1e5, truth, pause_ns=10_000_000)
    found = estimate(exchange(link.ask, 20))
    assert abs(found.offset_ns - 2e9) <= found.uncertainty_ns < 1_000_000


def test_exchanges_that_contradict_themselves_are_left_out() -> None:
    """A clock that was set back during an exchange gives a negative delay: that one does not count."""
    broken = Stamps(BEGIN_NS, BEGIN_NS + 100, BEGIN_NS + 200, BEGIN_NS - 5 * SECOND)
    link = Link(lambda: 1e5, lambda: 1e5, drifting(1e6, 0))
    assert estimate([broken, link.ask(), broken]).offset_ns == 1_000_000


@pytest.mark.parametrize("stamps", [[], [Stamps(10, 20, 30, 5)], [Stamps(10, 30, 20, 50)]])
def test_nothing_of_use_is_an_error_that_says_what_to_do(stamps: list[Stamps]) -> None:
    """Without a sound exchange there is no offset, and none is made up."""
    with pytest.raises(ClockError, match="one service alone"):
        estimate(stamps)


def test_what_ask_raises_passes_through() -> None:
    """A request that failed is for the asker to handle."""

    def ask() -> Stamps:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        exchange(ask, 3)


def offset(at_seconds: float, offset_ns: float, uncertainty_ns: int = 100_000) -> Offset:
    """Return a measurement at so many seconds."""
    return Offset(round(offset_ns), uncertainty_ns, 2 * uncertainty_ns, at_ns=BEGIN_NS + round(at_seconds * SECOND))


@given(
    ppm=st.floats(-90, 90),
    every=st.integers(1, 60),
    errors=st.lists(st.integers(-100_000, 100_000), min_size=3, max_size=20),
    at=st.floats(-30, 300),
)
def test_a_tracked_clock_is_where_it_is_said_to_be(ppm: float, every: int, errors: list[int], at: float) -> None:
    """A drifting clock, measured now and then with errors: at any instant the truth is within what is told."""
    tracker = Tracker(offset(n * every, n * every * ppm * 1e3 + error) for n, error in enumerate(errors))
    found = tracker.offset_at(BEGIN_NS + round(at * SECOND))
    assert abs(found.offset_ns - at * ppm * 1e3) <= found.uncertainty_ns + 1
    assert tracker.steps() == []


def test_where_a_clock_jumped_the_uncertainty_covers_both_sides() -> None:
    """Between two measurements with a step nobody knows on which side an instant lies."""
    tracker = Tracker([offset(0, 0), offset(10, 0), offset(20, 5e8), offset(30, 5e8)])
    (step,) = tracker.steps()
    assert (step.after_ns, step.before_ns, step.by_ns) == (BEGIN_NS + 10 * SECOND, BEGIN_NS + 20 * SECOND, 500_000_000)
    within, before, after = (tracker.offset_at(BEGIN_NS + at * SECOND) for at in (12, 5, 25))
    assert within.offset_ns == 250_000_000
    assert within.uncertainty_ns >= 250_000_000
    assert (before.offset_ns, after.offset_ns) == (0, 500_000_000)
    assert max(before.uncertainty_ns, after.uncertainty_ns) < 200_000


def test_a_poor_measurement_among_good_ones_does_no_harm() -> None:
    """Four quick exchanges on a machine under load may all be slow: its neighbours know better."""
    tracker = Tracker([offset(0, 0), offset(10, 4e6, 5_000_000), offset(20, 0)])
    found = tracker.offset_at(BEGIN_NS + 10 * SECOND)
    assert found.offset_ns == 0
    assert found.uncertainty_ns <= 250_000
    assert len(tracker.offsets) == 3


def test_a_poor_measurement_that_contradicts_the_good_ones_is_a_step() -> None:
    """Where a clock was set only the last, poor measurement may tell: it is not passed over."""
    tracker = Tracker([offset(0, 0), offset(10, 0), offset(11, 5e8, 5_000_000)])
    assert [step.by_ns for step in tracker.steps()] == [500_000_000]
    assert tracker.offset_at(BEGIN_NS + 12 * SECOND).offset_ns == 500_000_000


def test_a_step_that_a_poor_measurement_could_hide_is_found() -> None:
    """A measurement that fits both sides of a step does not bridge it."""
    tracker = Tracker([offset(0, 0), offset(1, 2e6, 5_000_000), offset(2, 4e6)])
    (step,) = tracker.steps()
    assert (step.after_ns, step.before_ns) == (BEGIN_NS, BEGIN_NS + 2 * SECOND)
    found = tracker.offset_at(BEGIN_NS + SECOND)
    assert found.offset_ns - found.uncertainty_ns < 0
    assert found.offset_ns + found.uncertainty_ns > 4_000_000


@given(
    ppm=st.floats(-80, 80),
    seed=st.integers(0, 2**32),
    sure=st.lists(st.integers(50_000, 20_000_000), min_size=1, max_size=30),
    at=st.floats(-30, 330),
)
def test_measurements_of_any_quality_never_make_it_surer_than_it_is(
    ppm: float, seed: int, sure: list[int], at: float
) -> None:
    """Good and poor ones mixed, each as wrong as it may be: the truth stays within what is told."""
    chance = random.Random(seed)
    errors = [round(each * chance.choice([-1, -0.5, 0, 0.5, 1])) for each in sure]
    points = [
        offset(10 * n, 10 * n * ppm * 1e3 + error, each)
        for n, (each, error) in enumerate(zip(sure, errors, strict=True))
    ]
    tracker = Tracker(points)
    found = tracker.offset_at(BEGIN_NS + round(at * SECOND))
    assert abs(found.offset_ns - at * ppm * 1e3) <= found.uncertainty_ns + 1
    assert tracker.steps() == []


def test_uncertainty_grows_after_the_last_measurement() -> None:
    """What was not measured is told with as much doubt as two crystals may drift apart: 100 ppm."""
    tracker = Tracker([offset(0, 0)])
    assert tracker.offset_at(BEGIN_NS + 100 * SECOND).uncertainty_ns == 100_000 + 10_000_000


def test_measurements_may_come_in_any_order() -> None:
    """They are kept in the order of time."""
    tracker = Tracker([offset(20, 2e6), offset(0, 0)])
    tracker.add(offset(10, 1e6))
    assert [each.offset_ns for each in tracker.offsets] == [0, 1_000_000, 2_000_000]


def test_instants_of_the_other_clock_are_brought_to_the_reference() -> None:
    """To the nanosecond: instants since 1970 don't fit a float."""
    tracker = Tracker([offset(0, 50_000_001), offset(100, 50_000_001)])
    true = np.array([BEGIN_NS + 1, BEGIN_NS + 50 * SECOND + 7], dtype=np.int64)
    brought, uncertainty = tracker.to_reference(true + 50_000_001)
    assert brought.tolist() == true.tolist()
    assert uncertainty.max() <= 100_000 + 15 * 50_000


def test_a_tracker_tells_the_drift_of_all_measurements() -> None:
    """Over minutes the drift is known better than any single burst could tell."""
    drift = Tracker(offset(10 * n, 10 * n * 12_000) for n in range(30)).drift()
    assert drift is not None
    assert drift.ppm == pytest.approx(12.0, abs=0.01)
    assert drift.uncertainty_ppm < 1
    assert Tracker().drift() is None


def test_a_clock_that_was_never_measured_has_no_offset() -> None:
    """It is an error, not zero."""
    with pytest.raises(ClockError, match="never compared"):
        Tracker().offset_at(BEGIN_NS)
