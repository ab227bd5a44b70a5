"""A sensor's loop: read it at its interval, and tell the hub what changed."""

from collections.abc import Callable
from datetime import datetime

from imagehub.node.delivery.post import Outbox
from imagehub.node.events import event, in_one_line
from imagehub.node.sensors.driver import Driver, Reading
from imagehub.node.settings.settings import SensorSettings
from imagehub.node.stop import Stop


def _now() -> datetime:
    return datetime.now().astimezone()


class SensorLoop:
    """Tells the first reading, and those that differ by `min_difference` or more from the one told before.

    Temperatures are told in the sensor's unit: a DS18B20's in whole degrees, their fraction cut off, a DHT's to a
    tenth, as imagenode does. A sensor that fails is told once, and so is that it is back.
    """

    def __init__(
        self,
        settings: SensorSettings,
        driver: Driver,
        node_name: str,
        outbox: Outbox,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._settings = settings
        self._driver = driver
        self._node = node_name
        self._outbox = outbox
        self._now = now
        self._told: dict[str, float] = {}
        self._failed = False

    def run(self, stop: Stop) -> None:
        """Read the sensor until it is time to stop; no fault of it ends the loop."""
        while True:
            self.check()
            if stop.wait(60 * self._settings.read_interval_minutes):
                return

    def check(self) -> None:
        """Read the sensor once, and tell what there is to tell."""
        try:
            reading = self._driver.read()
        except Exception as error:  # noqa: BLE001 - a driver's package may raise anything; the next reading may succeed
            self._fail(str(error) or type(error).__name__)
            return
        if self._failed:
            self._failed = False
            self._tell("Sensor", f"{self._name()} is back")
        self._tell_changes(reading)

    def _fail(self, why: str) -> None:
        if not self._failed:
            self._failed = True
            self._tell("Sensor", f"{self._name()} failed: {in_one_line(why)}")

    def _tell_changes(self, reading: Reading) -> None:
        self._tell_change("Temp", self._degrees(reading.temperature_c), self._settings.unit)
        if reading.humidity is not None:
            # Older hubs take what begins with a capital H for a heartbeat.
            self._tell_change("humidity", round(reading.humidity, 1), "%")

    def _tell_change(self, what: str, value: float, unit: str) -> None:
        if what in self._told and abs(value - self._told[what]) < self._settings.min_difference:
            return
        self._told[what] = value
        self._tell(what, f"{value} {unit}")

    def _degrees(self, celsius: float) -> float:
        degrees = celsius if self._settings.unit == "C" else celsius * 9 / 5 + 32
        return int(degrees) if self._settings.type == "DS18B20" else round(degrees, 1)

    def _tell(self, what: str, rest: str) -> None:
        self._outbox.put(event(f"{self._node}|{what}|{rest}", self._now()))

    def _name(self) -> str:
        return in_one_line(self._settings.name or self._settings.label)
