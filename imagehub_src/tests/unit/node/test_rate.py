"""A rate is that of the last times, and goes to nothing when nothing happens."""

from imagehub.node.rate import Rate


class Clock:
    """Seconds by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return them."""
        return self.now


def test_the_rate_is_that_of_the_last_times() -> None:
    """Ten a second for a while, then two."""
    clock = Clock()
    rate = Rate(clock)
    for _ in range(100):
        clock.now += 0.1
        rate.happened()
    assert round(rate.per_second(), 6) == 10
    for _ in range(60):
        clock.now += 0.5
        rate.happened()
    assert round(rate.per_second(), 6) == 2
    assert rate.count == 160


def test_the_rate_of_what_has_stopped_is_nothing() -> None:
    """After some seconds; what is slow by itself gets longer."""
    clock = Clock()
    rate = Rate(clock)
    assert rate.per_second() == 0
    for _ in range(3):
        clock.now += 10
        rate.happened()
    clock.now += 20
    assert round(rate.per_second(), 6) == 0.1
    clock.now += 20
    assert rate.per_second() == 0
