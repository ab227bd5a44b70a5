"""The way to the broker for other parts of the librarian."""

from imagehub.librarian.mqtt.connection import Connection

SECONDS = 5.0


class Publisher:
    """Publishes while there is a session with the broker. For use by any thread."""

    def __init__(self) -> None:
        self._session: Connection | None = None

    def use(self, session: Connection | None) -> None:
        """Publish by this session from now on; None: there is none."""
        self._session = session

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish a message, and return when the broker has acknowledged it.

        Raises:
            ConnectionError: there is no broker, or it has not acknowledged the message within SECONDS.
            ValueError: the topic is none that can be published to.
        """
        session = self._session
        if session is None:
            raise ConnectionError("there is no connection to an MQTT broker: see mqtt.broker and the log")
        session.publish(topic, payload, seconds=SECONDS)
