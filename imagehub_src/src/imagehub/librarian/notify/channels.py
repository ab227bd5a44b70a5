"""Which channels there are."""

import time
from collections.abc import Callable, Mapping

from imagehub.librarian.notify import apprise, mail, mqtt, webhook
from imagehub.librarian.notify.message import Channel, Message, Publisher
from imagehub.librarian.settings import Settings

Channels = Mapping[str, Channel]

CHECKS: dict[str, Callable[[str], None]] = {
    "mail": mail.check_target,
    "apprise": apprise.check_target,
    "webhook": webhook.check_target,
    "mqtt": mqtt.check_target,
}


def channels(settings: Settings, publisher: Publisher | None = None) -> Channels:
    """Return each channel by its name."""
    return {
        "mail": mail.MailChannel(settings.mail),
        "apprise": apprise.AppriseChannel(),
        "webhook": webhook.WebhookChannel(),
        "mqtt": mqtt.MqttChannel(publisher),
    }


def try_out(given: Channels, channel: str, target: str) -> None:
    """Send a test message now, past the outbox.

    Raises:
        NotSentError: nobody took it.
        MissingExtraError: the channel's package is missing.
    """
    now = time.time_ns()
    text = "This is a test. Notifications of your rules will arrive here."
    given[channel].send(target, Message(f"test.{now}", "imagehub: a test", text, now // 1000))
