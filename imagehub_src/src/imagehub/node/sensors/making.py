"""The driver of the sensor that settings ask for."""

import time
from collections.abc import Callable

from imagehub.node.sensors.dht import DHT
from imagehub.node.sensors.driver import Driver, SensorError
from imagehub.node.sensors.ds18b20 import DS18B20
from imagehub.node.settings.settings import SensorSettings


def driver(settings: SensorSettings, wait: Callable[[float], object] = time.sleep) -> Driver:
    """Return the driver; nothing is opened yet. `wait` lets seconds pass between tries.

    Raises:
        SensorError: there is no sensor of this type.
    """
    if settings.type == "DS18B20":
        return DS18B20()
    if settings.type in {"DHT11", "DHT22"}:
        return DHT(settings.type, settings.gpio, wait)
    raise SensorError(f"sensor {settings.label}: type {settings.type} is none of DS18B20, DHT11 and DHT22")
