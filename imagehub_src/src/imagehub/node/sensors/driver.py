"""What all sensors have in common: a reading, and that it may fail."""

from typing import NamedTuple, Protocol

from imagehub.errors import ImagehubError


class SensorError(ImagehubError):
    """A sensor can't be read; the text says why, and how to mend it."""


class Reading(NamedTuple):
    """Degrees Celsius, and percent of relative humidity where the sensor measures it."""

    temperature_c: float
    humidity: float | None = None


class Driver(Protocol):
    """Knows how to read one sensor."""

    def read(self) -> Reading:
        """Return what it measures now; may take some seconds.

        Raises:
            SensorError: it gives no reading. It may give one later.
        """
