"""Pulses on pins, out and in, on the pins that gpiozero pretends."""

import time
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.pulses import NO_PIN, Pins, sensor_clock_ns
from running import until


@pytest.fixture
def factory() -> MockFactory:
    """Give the pins of a Raspberry Pi that is pretended."""
    return MockFactory()


def test_each_pulse_that_is_asked_for_is_given_for_its_duration(factory: MockFactory) -> None:
    """Pin 8 of the header (BOARD) is GPIO 14; the pulse's instant is when it began."""
    pin = factory.pin("GPIO14")
    before = sensor_clock_ns()
    pulses = Pins(factory=factory).out(8, 0.002)
    assert pulses is not None
    pin.clear_states()
    pulses.start()
    for _ in range(3):
        pulses.ask()
    pulses.close()
    assert [state.state for state in pin.states] == [False, True, False, True, False, True, False]
    assert all(state.timestamp >= 0.002 for state in pin.states[2::2])
    given = [pulses.given() or 0 for _ in range(3)]
    assert before < given[0] < given[1] < given[2] < sensor_clock_ns()
    assert (pulses.given(), pulses.count, pulses.fault) == (None, 3, None)


def test_who_asks_for_a_pulse_does_not_wait_for_it(factory: MockFactory) -> None:
    """A recording goes on while a pin is high."""
    pulses = Pins(factory=factory).out(8, 0.2)
    assert pulses is not None
    pulses.start()
    began = time.monotonic()
    pulses.ask()
    assert time.monotonic() - began < 0.1
    until(lambda: pulses.count, "the pulse")
    pulses.close()


def test_a_pin_that_fails_ends_the_pulses_and_nothing_else() -> None:
    """What it failed with is kept."""

    class Broken:
        def on(self) -> None:
            raise OSError(5, "Input/output error")

        def close(self) -> None:
            pass

    from imagehub.colony.recording.pulses import PulseOut

    pulses = PulseOut(Broken(), 0.001)
    pulses.start()
    pulses.ask()
    pulses.close()
    assert pulses.given() is None
    assert pulses.fault == "OSError: [Errno 5] Input/output error"


def test_a_pulse_that_comes_in_is_told_with_when_the_kernel_saw_it(factory: MockFactory) -> None:
    """The rising edge only, by both clocks, however late the thread that tells it runs."""
    arrived: list[tuple[int, int]] = []
    into = Pins(factory=factory).into(16, lambda sensor_ns, wall_ns: arrived.append((sensor_ns, wall_ns)))
    assert into is not None
    pin = factory.pin("GPIO23")
    before = sensor_clock_ns(), time.time_ns()
    pin.drive_high()
    pin.drive_low()
    after = sensor_clock_ns(), time.time_ns()
    assert into.count == len(arrived) == 1
    for clock in (0, 1):
        assert before[clock] - 1_000_000 < arrived[0][clock] < after[clock]
    pin.when_changed(factory.ticks() - 0.5, 1)
    assert sensor_clock_ns() - arrived[1][0] >= 500_000_000
    assert time.time_ns() - arrived[1][1] >= 500_000_000
    into.close()
    pin.drive_high()
    assert len(arrived) == 2


def test_ticks_of_another_clock_are_not_believed(factory: MockFactory) -> None:
    """Such as those of an old kernel, which counts from 1970."""
    arrived: list[int] = []
    into = Pins(factory=factory).into(16, lambda sensor_ns, _: arrived.append(sensor_ns))
    before = sensor_clock_ns()
    factory.pin("GPIO23").when_changed(time.time(), 1)
    assert before <= arrived[0] <= sensor_clock_ns()
    assert into is not None
    into.close()


def test_no_pin_is_no_pulse(factory: MockFactory) -> None:
    """-1 in the settings."""
    pins = Pins("required", factory)
    assert pins.out(NO_PIN, 0.001) is None
    assert pins.into(NO_PIN, lambda *_: None) is None


def test_a_machine_without_pins_records_without_pulses_unless_they_are_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Raspberry Pi whose pins can't be used is told how to mend it in any case."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "nonesuch")
    monkeypatch.setattr("gpiozero.Device.pin_factory", None)
    model = tmp_path / "model"
    assert Pins("if there", board_model=model).out(8, 0.001) is None
    model.write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    for pins in (Pins("required", board_model=tmp_path / "absent"), Pins("if there", board_model=model)):
        with pytest.raises(RecordingError, match=r"pin 8 of the header can't be used .* group gpio.* -1 for no pulses"):
            pins.out(8, 0.001)


def test_a_pin_that_is_taken_is_told(factory: MockFactory) -> None:
    """Pulses in and out can't have the same one, and pin 6 is ground."""
    pins = Pins(factory=factory)
    taken = pins.out(8, 0.001)
    with pytest.raises(RecordingError, match="pin 8 of the header can't be used"):
        pins.into(8, lambda *_: None)
    with pytest.raises(RecordingError, match="pin 6 of the header can't be used"):
        pins.out(6, 0.001)
    assert taken is not None
    taken.close()
