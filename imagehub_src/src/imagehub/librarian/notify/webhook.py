"""Webhooks: a message as JSON, posted to an address."""

import base64
import http.client
import ssl
from urllib.parse import SplitResult, unquote, urlsplit

from imagehub.librarian.notify.message import HopelessError, Message, NotSentError, as_json, masked

TIMEOUT_SECONDS = 10.0
PASSING = {408, 421, 425, 429}  # refusals that a later try may not meet


class WebhookChannel:
    """Posts to HTTP and HTTPS addresses; a redirection is not followed, as it would lose what is posted."""

    def send(self, target: str, message: Message) -> None:
        """See `Channel.send`; each try has the same `Idempotency-Key`."""
        try:
            status = _post(urlsplit(target), as_json(message), message.key)
        except (OSError, http.client.HTTPException) as error:
            raise NotSentError(f"{masked(target)}: {str(error) or type(error).__name__}") from error
        if not 200 <= status < 300:
            raise _refused(target, status)


def check_target(target: str) -> None:
    """Raise ValueError unless this is an HTTP or HTTPS address."""
    parts = _parts(target)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address as https://example.org/hook")


def _parts(target: str) -> SplitResult | None:
    if not target.isascii() or not target.isprintable() or " " in target:
        return None
    try:
        parts = urlsplit(target)
        return parts if parts.port != 0 else None  # looking at the port is what raises
    except ValueError:
        return None


def _post(parts: SplitResult, body: bytes, key: str) -> int:
    """Return the status of the answer; the rest of it is not read."""
    connection = _connection(parts)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "User-Agent": "imagehub"}
        connection.request("POST", path, body, headers | _sign_in(parts))
        return connection.getresponse().status
    finally:
        connection.close()


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    assert parts.hostname
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS, context=context)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)


def _sign_in(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}


def _refused(target: str, status: int) -> NotSentError:
    hint = "; it is not followed: give the address that it leads to" if 300 <= status < 400 else ""
    text = f"{masked(target)}: the answer was {status} {http.client.responses.get(status, '')}{hint}"
    return HopelessError(text) if status < 500 and status not in PASSING else NotSentError(text)
