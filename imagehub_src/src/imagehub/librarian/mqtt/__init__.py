"""MQTT: what cameras see and measure, told to a broker, and requests that come from there."""

from imagehub.librarian.mqtt.publisher import Publisher
from imagehub.librarian.mqtt.speaking import microseconds, part

__all__ = ["Publisher", "microseconds", "part"]
