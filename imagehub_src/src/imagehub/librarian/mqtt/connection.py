"""One session with an MQTT broker: it begins, messages go both ways, and it ends for good when it breaks."""

import hashlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from imagehub.errors import MissingExtraError
from imagehub.librarian.mqtt import topics
from imagehub.librarian.settings import Mqtt

if TYPE_CHECKING:
    from paho.mqtt.client import Client

KEEPALIVE_SECONDS = 30
ANSWERED_SECONDS = 5.0
# A large picture takes its time over a slow line; a line that is dead is noticed by KEEPALIVE_SECONDS.
ACKNOWLEDGED_SECONDS = 90.0
HURRIED_SECONDS = 2.0
QUEUED = 100
_REFUSALS = {
    "Bad user name or password": "check mqtt.user and mqtt.password_file",
    "Not authorized": "check mqtt.user and mqtt.password_file",
}

Receive = Callable[[str, bytes], None]

log = logging.getLogger(__name__)


def require_client() -> None:
    """Raise MissingExtraError where the MQTT client is not installed."""
    try:
        import paho.mqtt.client  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("mqtt.broker", "mqtt") from error


class Connection:
    """A session that the broker has accepted. For use by any thread."""

    def __init__(self, client: "Client", where: str, wake: Callable[[], None], stop: threading.Event) -> None:
        self._client, self._where, self._wake, self._stop = client, where, wake, stop
        self._answered, self._over = threading.Event(), threading.Event()
        self._refusal = "closes the connection without an answer: check mqtt.port and mqtt.tls"

    def publish(self, topic: str, payload: bytes, retain: bool = False, seconds: float = ACKNOWLEDGED_SECONDS) -> None:
        """Send a message and wait until the broker has acknowledged it.

        Raises:
            ConnectionError: it did not within these seconds, or the session has ended, or we shall stop.
            ValueError: the topic is none that can be published to.
        """
        self.check()
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        began = time.monotonic()
        while sent.rc != 0 or not sent.is_published():
            self.check()
            limit = min(seconds, HURRIED_SECONDS) if self._stop.is_set() else seconds
            if sent.rc != 0 or time.monotonic() - began > limit:
                raise ConnectionError(f"{self._where} does not acknowledge what is published")
            sent.wait_for_publish(0.1)

    def check(self) -> None:
        """Raise ConnectionError if the session has ended."""
        if self._over.is_set():
            raise ConnectionError(f"{self._where} has closed the connection")

    def subscribe(self, topic: str) -> None:
        """Ask for the messages of a topic."""
        self._client.subscribe(topic, qos=1)

    def wait_accepted(self, seconds: float) -> None:
        """Wait for the broker's answer; raise ConnectionError unless it is a good one."""
        if not self._answered.wait(seconds):
            raise ConnectionError(f"{self._where} does not answer: check mqtt.port and mqtt.tls")
        if self._refusal:
            raise ConnectionError(f"{self._where} {self._refusal}")

    def close(self) -> None:
        """End the session, also with a broker that hangs."""
        self._client.disconnect()
        if not self._over.wait(HURRIED_SECONDS) and (line := self._client.socket()) is not None:
            with suppress(OSError):
                cast("socket.socket", line).shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def answered(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        """Take the broker's answer, as the client calls it."""
        advice = _REFUSALS.get(str(reason), "check the broker's log")
        self._refusal = f"refuses the connection, {str(reason).lower()}: {advice}" if reason.is_failure else ""
        self._answered.set()

    def ended(self, *_: Any) -> None:
        """Take the end of the session, as the client calls it."""
        self._over.set()
        self._answered.set()
        self._wake()


@contextmanager
def connected(
    settings: Mqtt, name: str, receive: Receive, wake: Callable[[], None], stop: threading.Event
) -> Iterator[Connection]:
    """Give a session whose end others see as `offline`; `wake` is called when it breaks. `stop` ends all waiting.

    `receive` is called by a thread of the client, with topic and payload. `name` tells this librarian from others.

    Raises:
        ConnectionError: the broker can't be reached or refuses; says what to mend, and no secret.
    """
    client, where = _client(settings, name), f"MQTT broker {settings.broker}:{settings.port}"
    session = Connection(client, where, wake, stop)
    client.on_connect, client.on_disconnect = session.answered, session.ended
    client.on_message = lambda _client, _data, message: receive(message.topic, bytes(message.payload))
    try:
        client.connect(str(settings.broker), settings.port, KEEPALIVE_SECONDS)
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", None) or error.reason
        raise ConnectionError(f"{where}: {reason}: check mqtt.tls, mqtt.port and mqtt.ca_file") from error
    except OSError as error:
        raise ConnectionError(f"{where}: {error.strerror or error}") from error
    client.loop_start()
    try:
        session.wait_accepted(ANSWERED_SECONDS)
        yield session
    finally:
        session.close()


def _client(settings: Mqtt, name: str) -> "Client":
    from paho.mqtt.client import Client, MQTTv311
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, _identity(name), protocol=MQTTv311, reconnect_on_failure=False)
    client.max_queued_messages_set(QUEUED)
    client.will_set(topics.status(settings.topic_prefix), topics.OFFLINE, qos=1, retain=True)
    if settings.user:
        client.username_pw_set(settings.user, _password(settings))
    if settings.tls:
        client.tls_set_context(_context(settings))
    return client


def _identity(name: str) -> str:
    # The same each time: the broker then ends a session that hangs before it begins the next, and `online` is last.
    return f"imagehub{hashlib.sha256(f'{socket.gethostname()} {name}'.encode()).hexdigest()[:14]}"


def _password(settings: Mqtt) -> str | None:
    if settings.password_file is None:
        return None
    try:
        return settings.password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConnectionError(f"mqtt.password_file {settings.password_file}: {reason}") from error


def _context(settings: Mqtt) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConnectionError(f"mqtt.ca_file {settings.ca_file}: {error.strerror or 'no PEM file'}") from error
