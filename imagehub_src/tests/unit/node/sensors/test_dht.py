"""The sensors of temperature and humidity, whose package is played by a fake."""

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from imagehub.node.sensors.dht import DHT
from imagehub.node.sensors.driver import Reading, SensorError


class FakeDevice:
    """Gives one answer after the other: a pair of temperature and humidity, or an error."""

    def __init__(self, answers: list[Any]) -> None:
        self._answers = answers
        self.humidity: float | None = None

    @property
    def temperature(self) -> float | None:
        """The next answer's temperature."""
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        temperature, self.humidity = answer
        return float(temperature) if temperature is not None else None


Install = Callable[..., list[Any]]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install Adafruit's package with a device that gives these answers; returns the pins that are opened."""

    def put(*answers: Any) -> list[Any]:
        opened: list[Any] = []

        def device(pin: Any) -> FakeDevice:
            opened.append(pin)
            return FakeDevice(list(answers))

        package = SimpleNamespace(DHT11=device, DHT22=device)
        monkeypatch.setitem(sys.modules, "adafruit_dht", package)
        monkeypatch.setitem(sys.modules, "board", SimpleNamespace(D18="pin 18"))
        return opened

    return put


def test_a_reading_has_both(install: Install) -> None:
    """Degrees Celsius and percent, from the pin with the BCM number; it is opened once."""
    opened = install((21.5, 48.4), (22.0, 50.0))
    sensor = DHT("DHT22", 18, lambda _: None)
    assert [sensor.read(), sensor.read()] == [Reading(21.5, 48.4), Reading(22.0, 50.0)]
    assert opened == ["pin 18"]


def test_it_is_tried_five_times_three_seconds_apart(install: Install) -> None:
    """The fifth try may be the one; an answer without a number is none."""
    missed = RuntimeError("A full buffer was not returned. Try again.")
    install(missed, (None, None), missed, (20.0, None), (21.5, 48.4))
    waited: list[float] = []
    assert DHT("DHT11", 18, waited.append).read() == Reading(21.5, 48.4)
    assert waited == [3, 3, 3, 3]


def test_after_five_tries_it_is_an_error(install: Install) -> None:
    """The text has what the package said last."""
    install(*[RuntimeError("Checksum did not validate. Try again.")] * 5)
    waited: list[float] = []
    with pytest.raises(SensorError, match="no reading of the DHT22 at GPIO 18 in 5 tries: Checksum did not validate"):
        DHT("DHT22", 18, waited.append).read()
    assert len(waited) == 4


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the words to install it."""
    monkeypatch.setitem(sys.modules, "board", None)
    with pytest.raises(SensorError, match="pip install adafruit-circuitpython-dht"):
        DHT("DHT22", 18, lambda _: None).read()


def test_a_machine_without_pins_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adafruit's package refuses to be imported there."""

    class Refusing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "board":
                raise NotImplementedError

    monkeypatch.delitem(sys.modules, "board", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refusing(), *sys.meta_path])
    with pytest.raises(SensorError, match="knows no pins on this machine for the DHT22"):
        DHT("DHT22", 18, lambda _: None).read()


def test_a_pin_that_is_not_there_is_an_error(install: Install) -> None:
    """The number may be that of the connector instead of BCM's."""
    install()
    with pytest.raises(SensorError, match="this machine has no GPIO 40"):
        DHT("DHT22", 40, lambda _: None).read()


def test_a_pin_that_can_not_be_opened_is_an_error(monkeypatch: pytest.MonkeyPatch, install: Install) -> None:
    """Another program may have it; it is tried again at the next reading."""
    install()

    def busy(_: Any) -> None:
        raise OSError("Device or resource busy")

    package: Any = ModuleType("adafruit_dht")
    package.DHT22 = busy
    monkeypatch.setitem(sys.modules, "adafruit_dht", package)
    with pytest.raises(SensorError, match="can't open GPIO 18 for the DHT22: Device or resource busy"):
        DHT("DHT22", 18, lambda _: None).read()
