"""The driver of the sensor that settings ask for."""

import pytest

from imagehub.node.sensors import making
from imagehub.node.sensors.dht import DHT
from imagehub.node.sensors.driver import SensorError
from imagehub.node.sensors.ds18b20 import DS18B20
from imagehub.node.settings.settings import SensorSettings


def test_each_type_has_its_driver() -> None:
    """The three types of imagenode; nothing is opened, so that it works on any machine."""
    kinds = [type(making.driver(SensorSettings("T1", "", word))) for word in ("DS18B20", "DHT11", "DHT22")]
    assert kinds == [DS18B20, DHT, DHT]


def test_another_type_is_an_error() -> None:
    """The text names the sensor and the types that there are."""
    with pytest.raises(SensorError, match="sensor T1: type BME280 is none of DS18B20, DHT11 and DHT22"):
        making.driver(SensorSettings("T1", "", "BME280"))
