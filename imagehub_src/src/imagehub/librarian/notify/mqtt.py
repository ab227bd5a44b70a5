"""Notifications as messages of an MQTT broker."""

from imagehub.errors import ImagehubError
from imagehub.librarian.notify.message import Message, NotSentError, Publisher, as_json


class MqttChannel:
    """Publishes JSON to a topic."""

    def __init__(self, publisher: Publisher | None) -> None:
        self._publisher = publisher

    def send(self, target: str, message: Message) -> None:
        """See `Channel.send`; each try has the same `key` in it."""
        if self._publisher is None:
            raise NotSentError("no MQTT broker is set up: give mqtt.broker in librarian.yaml")
        try:
            self._publisher.publish(target, as_json(message))
        except (ImagehubError, OSError) as error:
            raise NotSentError(f"MQTT: {error}") from error


def check_target(target: str) -> None:
    """Raise ValueError unless this is a topic without wildcards."""
    if not target.isprintable() or any(mark in target for mark in "+# ") or not all(target.split("/")):
        raise ValueError("expected an MQTT topic without wildcards, as home/alarm")
