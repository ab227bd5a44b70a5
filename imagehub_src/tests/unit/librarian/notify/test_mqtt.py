"""Notifications by MQTT go through whoever is connected to the broker."""

import json

import pytest

from imagehub.librarian.notify import Message, NotSentError
from imagehub.librarian.notify.mqtt import MqttChannel, check_target


class Broker:
    """Keeps what is published."""

    def __init__(self, error: Exception | None = None) -> None:
        self.published: list[tuple[str, bytes]] = []
        self._error = error

    def publish(self, topic: str, payload: bytes) -> None:
        """Keep it, or fail."""
        if self._error:
            raise self._error
        self.published.append((topic, payload))


def test_publishes_json() -> None:
    """Under the rule's own topic."""
    broker = Broker()
    MqttChannel(broker).send("home/alarm", Message("7.1", "Gate", "motion", 0))
    ((topic, payload),) = broker.published
    assert topic == "home/alarm"
    assert json.loads(payload)["key"] == "7.1"


@pytest.mark.parametrize(
    ("publisher", "reason"), [(None, r"give mqtt\.broker"), (Broker(ConnectionError("not connected")), "not connected")]
)
def test_without_a_broker_nothing_is_sent(publisher: Broker | None, reason: str) -> None:
    """It is tried again later."""
    with pytest.raises(NotSentError, match=reason):
        MqttChannel(publisher).send("home/alarm", Message("7.1", "Gate", "motion", 0))


@pytest.mark.parametrize("target", ["", "/a", "a//b", "a/+", "#", "a b", "a\0"])
def test_what_is_no_topic_is_refused(target: str) -> None:
    """Wildcards are for those who subscribe."""
    with pytest.raises(ValueError, match="expected an MQTT topic"):
        check_target(target)
