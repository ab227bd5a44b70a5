"""Lamps at pins, which gpiozero's mock plays."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from imagehub.errors import MissingExtraError
from imagehub.node.lamps import LampError, Lamps, is_on, pin
from imagehub.node.settings.settings import LightSwitch
from node_fakes import StopAfter

FLOODLIGHT = LightSwitch("L1", "floodlight", 18)
MIDNIGHT = datetime(2026, 3, 14, tzinfo=UTC)


@pytest.fixture
def pins() -> Iterator[Any]:
    """Pins that are nowhere but in memory."""
    factory = MockFactory()
    yield factory
    factory.reset()


def hours_on(lamp: LightSwitch) -> list[int]:
    """Return the full hours at which a lamp shines."""
    return [hour for hour in range(24) if is_on(lamp.minutes, MIDNIGHT + timedelta(hours=hour))]


def test_a_lamp_without_times_is_on_always() -> None:
    """`on: continuous`, imagenode's default."""
    assert hours_on(FLOODLIGHT) == list(range(24))


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [
        ((8 * 60, 11 * 60), [8, 9, 10]),
        ((22 * 60, 3 * 60), [0, 1, 2, 22, 23]),
        ((23 * 60, 0), [23]),
        ((0, 2 * 60 + 1), [0, 1, 2]),
        ((5 * 60, 5 * 60), list(range(24))),
    ],
)
def test_a_timed_lamp_is_on_from_one_minute_to_the_other(minutes: tuple[int, int], hours: list[int]) -> None:
    """The first minute is in, the second is not; past midnight too; from 5 to 5 is a whole day."""
    assert hours_on(LightSwitch("L1", "", minutes=minutes)) == hours


def test_lamps_shine_while_the_node_runs(pins: Any) -> None:
    """At the pins with their BCM numbers, and they are dark after it."""
    shone: list[tuple[int, ...]] = []
    lamps = Lamps([FLOODLIGHT, LightSwitch("L2", "spot", 23)], pytest.fail, factory=pins)
    lamps.run(StopAfter(1, lambda _: shone.append((pins.pin(18).state, pins.pin(23).state))))
    assert shone == [(1, 1)]
    assert (pins.pin(18).state, pins.pin(23).state) == (0, 0)


def test_a_timed_lamp_is_switched_at_the_full_minute(pins: Any) -> None:
    """It is looked at when the clock's next minute begins, wherever in a minute the node was started."""
    now = [MIDNIGHT.replace(hour=17, minute=58, second=40)]
    shone: list[tuple[str, int]] = []

    def meanwhile(seconds: float) -> None:
        shone.append((f"{now[0]:%H:%M:%S}", pins.pin(18).state))
        now[0] += timedelta(seconds=seconds)

    lamp = LightSwitch("L1", "", 18, (18 * 60, 18 * 60 + 2))
    Lamps([lamp], pytest.fail, lambda: now[0], pins).run(StopAfter(5, meanwhile))
    assert shone == [("17:58:40", 0), ("17:59:00", 0), ("18:00:00", 1), ("18:01:00", 1), ("18:02:00", 0)]


def test_pins_are_free_again_after_the_end(pins: Any) -> None:
    """Also where the loop ended with an error: settings that are read anew make new lamps."""

    def break_off(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Lamps([FLOODLIGHT], pytest.fail, factory=pins).run(StopAfter(1, break_off))
    assert pins.pin(18).state == 0
    pin(FLOODLIGHT, pins).close()


def test_a_pin_that_is_in_use_is_told_and_the_others_go_on(pins: Any) -> None:
    """Two lamps at one pin are a mistake in the settings that costs the second lamp, and no more."""
    told: list[str] = []
    both = [FLOODLIGHT, LightSwitch("L2", "", 18), LightSwitch("L3", "", 23)]
    shone: list[int] = []
    Lamps(both, told.append, factory=pins).run(StopAfter(2, lambda _: shone.append(pins.pin(23).state)))
    assert len(told) == 1
    assert told[0].startswith("Lamp|L2 failed: can't use GPIO 18: ")
    assert shone == [1, 1]


def test_a_machine_without_pins_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each lamp; the node goes on without them."""
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "lgpio")
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", None)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(LampError, match=r"GPIO 18: they need a Raspberry Pi, the package python3-lgpio, and a user in"):
        pin(FLOODLIGHT)
    told: list[str] = []
    Lamps([FLOODLIGHT], told.append).run(StopAfter(3))
    assert [words.partition(":")[0] for words in told] == ["Lamp|floodlight failed"]


def test_without_gpiozero_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, as an event."""
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(MissingExtraError, match=r"switching lamps needs .*imagehub\[node\]"):
        pin(FLOODLIGHT)
    told: list[str] = []
    Lamps([FLOODLIGHT], told.append).run(StopAfter(1))
    assert told == ["Lamp|floodlight failed: switching lamps needs an optional part: pip install 'imagehub[node]'"]
