"""Sends what waits in the outbox: one thread for each channel, so that a slow one holds up no other."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from imagehub.errors import ImagehubError
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.files import NoSuchImageError, open_image
from imagehub.librarian.notify import outbox
from imagehub.librarian.notify.channels import Channels
from imagehub.librarian.notify.message import Channel, HopelessError, Message, Picture, masked

POLL_SECONDS = 1.0
MAX_PICTURE_BYTES = 10_000_000

log = logging.getLogger(__name__)


def parts(
    engine: Engine, hub_directory: Path, channels: Channels, filled: Arrivals
) -> Mapping[str, Callable[[threading.Event], None]]:
    """Return what sends, for each channel; `filled` announces that something was put into the outbox."""
    senders = {name: Sender(engine, hub_directory, name, channel) for name, channel in channels.items()}
    return {f"send {name}": _looped(sender, filled) for name, sender in senders.items()}


def _looped(sender: "Sender", filled: Arrivals) -> Callable[[threading.Event], None]:
    def send(stop: threading.Event) -> None:
        wake = threading.Event()
        sender.begin()
        with filled.listening(wake.set):
            while not stop.is_set():
                wake.clear()
                sender.send_due(stop)
                wake.wait(POLL_SECONDS)

    return send


class Sender:
    """Sends what is to go out by one channel."""

    def __init__(self, engine: Engine, hub_directory: Path, name: str, channel: Channel) -> None:
        self._engine, self._hub_directory = engine, hub_directory
        self._name, self._channel = name, channel

    def begin(self) -> None:
        """Take back what was under way when a librarian was killed."""
        if count := outbox.take_back(self._engine, self._name):
            log.warning("%s: %d notifications were under way at the end; they are sent again", self._name, count)

    def send_due(self, stop: threading.Event) -> None:
        """Try all that is due, until `stop` is set."""
        while not stop.is_set():
            row = outbox.claim(self._engine, self._name, _now_us())
            if row is None:
                return
            error = self._try(row)
            self._insist(partial(self._mark, row, error), stop)

    def _try(self, row: Row[Any]) -> Exception | None:
        try:
            self._channel.send(row.target, message(row, self._hub_directory))
        except ImagehubError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a package of others may raise anything; the next one may fare better
            # Its words may hold a secret, the lines of code that it passed don't.
            passed = "".join(traceback.format_tb(error.__traceback__))
            log.error("notification %d to %s: %s\n%s", row.id, masked(row.target), type(error).__name__, passed)
            return ImagehubError(f"{type(error).__name__}, see the log")
        return None

    def _mark(self, row: Row[Any], error: Exception | None) -> None:
        if error is None:
            outbox.mark_sent(self._engine, row.id, _now_us())
            log.info("notification %d sent to %s", row.id, masked(row.target))
            return
        hopeless = isinstance(error, HopelessError)
        goes_on = outbox.mark_failed(self._engine, row, str(error), hopeless, _now_us())
        log.warning("notification %d: %s; %s", row.id, error, "it is tried again" if goes_on else "it is given up")

    def _insist(self, mark: Callable[[], None], stop: threading.Event) -> None:
        """Mark it, even if the database is away for a while: to forget it would be to send it twice."""
        while True:
            try:
                return mark()
            except SQLAlchemyError:
                if stop.wait(POLL_SECONDS):
                    raise


def _now_us() -> int:
    return time.time_ns() // 1000


def message(row: Row[Any], hub_directory: Path) -> Message:
    """Return what is sent for a row of the outbox."""
    text, picture = row.text, None
    if row.path is not None:
        try:
            picture = _picture(hub_directory, row.path)
        except NoSuchImageError:
            text += "\n\nThe picture is no longer there."
        except ValueError as error:
            text += f"\n\n{error}"
    camera = f"{row.node or ''} {row.view or ''}".strip()
    about = {"rule": row.rule or "", "camera": camera, "image_id": row.image_id, "event_id": row.event_id}
    return Message(f"{row.id}.{row.created_us}", row.title, text, row.time_us, picture=picture, **about)


def _picture(hub_directory: Path, path: str) -> Picture:
    with open_image(hub_directory, path) as file:
        body = file.read(MAX_PICTURE_BYTES + 1)
    if len(body) > MAX_PICTURE_BYTES:
        raise ValueError(f"The picture is too large to send: more than {MAX_PICTURE_BYTES // 1_000_000} MB.")
    return Picture(path.rpartition("/")[2], body)
