"""MQTT: what cameras see and measure, told to a broker, and requests that come from there."""

from imagehub.librarian.mqtt.part import part
from imagehub.librarian.mqtt.publisher import Publisher

__all__ = ["Publisher", "part"]
