"""The sensors of temperature and humidity DHT11 and DHT22, through Adafruit's package.

They miss the moment to answer again and again, and can be asked each 2 seconds at most: hence the tries.
"""

import importlib
from collections.abc import Callable
from typing import Any

from imagehub.node.sensors.driver import Reading, SensorError

TRIES = 5
PAUSE_SECONDS = 3.0
PACKAGE = "adafruit-circuitpython-dht"


class DHT:
    """A DHT11 or DHT22 (`type`) at a pin, by its BCM number. `wait` lets seconds pass."""

    def __init__(self, type_: str, gpio: int, wait: Callable[[float], object]) -> None:
        self._type = type_
        self._gpio = gpio
        self._wait = wait
        self._device: Any = None

    def read(self) -> Reading:
        """See `Driver.read`; takes up to 12 seconds."""
        device = self._opened()
        fault = "it does not answer"
        for number in range(TRIES):
            if number:
                self._wait(PAUSE_SECONDS)
            try:
                return Reading(float(device.temperature), float(device.humidity))
            except RuntimeError as error:
                fault = str(error)
            except TypeError:  # None, where there is no reading
                pass
        raise SensorError(f"no reading of the {self._type} at GPIO {self._gpio} in {TRIES} tries: {fault}")

    def _opened(self) -> Any:
        if self._device is None:
            self._device = self._open()
        return self._device

    def _open(self) -> Any:
        try:
            pins = importlib.import_module("board")
            package = importlib.import_module("adafruit_dht")
        except ImportError:
            raise SensorError(f"reading a {self._type} needs Adafruit's package: pip install {PACKAGE}") from None
        except NotImplementedError:
            raise SensorError(f"Adafruit's package knows no pins on this machine for the {self._type}") from None
        pin = getattr(pins, f"D{self._gpio}", None)
        if pin is None:
            raise SensorError(f"this machine has no GPIO {self._gpio} for the {self._type}")
        try:
            return getattr(package, self._type)(pin)
        except (OSError, RuntimeError, ValueError) as error:
            raise SensorError(f"can't open GPIO {self._gpio} for the {self._type}: {error}") from None
