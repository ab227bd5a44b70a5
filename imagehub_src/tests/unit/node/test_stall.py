"""A loop that stalls is told, and ends the node where its settings say so; otherwise systemd's watchdog is fed."""

import pytest

from fake_nodes import Noted
from imagehub.node.stall import FIRST_SECONDS, LEAST_PATIENCE_SECONDS, Pulse, StallWatch


class Bed:
    """Two pulses on a clock by hand, and what became of them."""

    def __init__(self, ends: bool) -> None:
        self.seconds = 0.0
        self.notifier = Noted()
        self.ended: list[int] = []
        self.pulses = [Pulse("camera P1", 10, self.now), Pulse("the sender", 10, self.now)]
        self.watch = StallWatch(lambda: self.pulses, lambda: ends, self.notifier, self.ended.append)

    def now(self) -> float:
        """Return the seconds."""
        return self.seconds

    def after(self, seconds: float) -> None:
        """Let seconds pass, and look."""
        self.seconds += seconds
        self.watch.look()


def test_the_watchdog_is_fed_while_all_goes_on() -> None:
    """Once a look."""
    bed = Bed(ends=True)
    for pulse in bed.pulses:
        pulse.beat()
    bed.after(9)
    assert bed.notifier.lines == ["WATCHDOG=1"]
    assert bed.ended == []


def test_a_stall_ends_the_node_where_it_shall(caplog: pytest.LogCaptureFixture) -> None:
    """With exit code 1, saying which loop it was."""
    bed = Bed(ends=True)
    for pulse in bed.pulses:
        pulse.beat()
    bed.pulses[1].beat()
    bed.after(11)
    assert bed.ended == [1]
    assert bed.notifier.lines == ["STATUS=stalled: camera P1, the sender"]
    assert "camera P1 has stalled: nothing for 11 s" in caplog.text


def test_a_stall_is_told_once_where_it_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """And that it is over."""
    bed = Bed(ends=False)
    for pulse in bed.pulses:
        pulse.beat()
    bed.after(11)
    bed.after(1)
    bed.pulses[0].beat()
    bed.after(1)
    assert bed.ended == []
    assert bed.notifier.lines == ["WATCHDOG=1"] * 3
    assert [caplog.text.count(words) for words in ("camera P1 has stalled", "camera P1 goes on")] == [1, 1]


def test_opening_a_camera_may_take_longer_than_its_patience() -> None:
    """Only the first beat, though; and no patience is shorter than some seconds."""
    seconds = 0.0
    pulse = Pulse("camera P1", 0.1, lambda: seconds)
    seconds = FIRST_SECONDS - 0.1
    assert not pulse.stalled()
    seconds = FIRST_SECONDS + 0.1
    assert pulse.stalled()
    pulse.beat()
    seconds += LEAST_PATIENCE_SECONDS + 0.1
    assert pulse.stalled()


def test_the_watch_looks_in_its_own_thread() -> None:
    """From start to close."""
    bed = Bed(ends=True)
    bed.watch.start()
    bed.watch.close()
    assert bed.ended == []
