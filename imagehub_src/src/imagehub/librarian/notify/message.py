"""What is sent, what sends it, and what may go wrong with that."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from imagehub.errors import ImagehubError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NotSentError(ImagehubError):
    """A message was not sent; it may be when it is tried again. No secret is in the text."""


class HopelessError(NotSentError):
    """A message was refused, and would be again however often it is tried."""


@dataclass(frozen=True)
class Picture:
    """A JPEG file that goes with a message."""

    name: str
    body: bytes


@dataclass(frozen=True)
class Message:
    """What is sent. `key` is the same each time that one message is tried, and of no other message."""

    key: str
    title: str
    text: str
    time_us: int
    rule: str = ""
    camera: str = ""
    image_id: int | None = None
    event_id: int | None = None
    picture: Picture | None = None


class Channel(Protocol):
    """One way to send."""

    def send(self, target: str, message: Message) -> None:
        """Send now.

        Raises:
            NotSentError: nobody took it.
        """


class Publisher(Protocol):
    """What publishes to an MQTT broker."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish now.

        Raises:
            ImagehubError, OSError: the broker can't be reached.
        """


def as_json(message: Message) -> bytes:
    """Return a message for programs; the picture is left out."""
    time = (EPOCH + timedelta(microseconds=message.time_us)).isoformat(timespec="microseconds")
    names = ("key", "title", "text", "rule", "camera", "image_id", "event_id")
    document: dict[str, Any] = {name: getattr(message, name) for name in names}
    return json.dumps(document | {"time": time}, ensure_ascii=False).encode()


def masked(target: str) -> str:
    """Return a target as it may be shown and logged: of a URL only what can't be a secret."""
    scheme, mark, _ = target.partition("://")
    if not mark:
        return target
    host = urlsplit(target).hostname if scheme in {"http", "https"} else None
    return f"{scheme}://{host}/…" if host else f"{scheme}://…"
