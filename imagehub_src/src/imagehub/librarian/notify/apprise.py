"""Everything that Apprise knows: phones, chats, text messages, each by a URL."""

import logging
import re
from typing import Any

from imagehub.errors import MissingExtraError
from imagehub.librarian.notify.message import Message, NotSentError, Picture, masked

# They log whole URLs, with the tokens in them.
TALKATIVE = ("apprise", "urllib3", "requests")


class AppriseChannel:
    """Sends to one Apprise URL."""

    def send(self, target: str, message: Message) -> None:
        """See `Channel.send`; the services have no way to tell a second try from a second message."""
        service = _service(target)
        with _complaints() as said:
            done = service.notify(body=message.text, title=message.title, attach=_attached(message.picture))
            if not done:
                raise NotSentError(f"{masked(target)}: {_reason(said.getvalue(), target)}")


def _attached(picture: Picture | None) -> Any:
    from apprise.attachment import memory

    attach: Any = memory.AttachMemory  # published without types
    return attach(picture.body, picture.name, "image/jpeg") if picture else None


def _complaints() -> Any:
    import apprise

    capture: Any = apprise.LogCapture
    return capture(level=logging.WARNING, name="apprise")


def check_target(target: str) -> None:
    """Raise ValueError unless this is a URL that Apprise knows; without Apprise, unless it is a URL."""
    if "://" not in target or not target.isprintable():
        raise ValueError("expected an Apprise URL as ntfys://TOPIC")
    try:
        _service(target)
    except MissingExtraError:
        return
    except NotSentError as error:
        raise ValueError("expected a URL that Apprise knows: its scheme is unknown, or a part is missing") from error


def _service(target: str) -> Any:
    try:
        import apprise
    except ImportError as error:
        raise MissingExtraError("Apprise", "apprise") from error
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
        logging.getLogger(name).propagate = False
    service = apprise.Apprise()
    if not service.add(target):
        raise NotSentError(f"{masked(target)}: Apprise does not understand this URL")
    return service


def _reason(said: str, target: str) -> str:
    """Return the first complaint that has no part of the URL in it."""
    parts = [part for part in re.split(r"\W+", target.partition("://")[2]) if len(part) > 2]
    lines = (line.strip() for line in said.splitlines())
    harmless = (line for line in lines if line and not any(part in line for part in parts))
    return next(harmless, "the service did not take it")
