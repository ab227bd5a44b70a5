"""`imagehub probe`: does the hub answer? A test message, sent as a camera would send it, until it is answered."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagehub import __version__, keys, sender, status
from imagehub.errors import ImagehubError
from imagehub.settings import Settings

NAME = "probe"
MESSAGE = (json.dumps({"msg": "probe"}).encode(), sender.BLACK_JPEG)  # without `|` it is answered, and never stored
PAUSE_SECONDS = 0.1
ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub said: where, how fast, and its status document."""

    endpoint: str
    seconds: float
    status: dict[str, Any]

    def __str__(self) -> str:
        """Say it in one line."""
        hub, free = self.status, self.status["disk"]["free_bytes"] / 1e9
        state = hub["state"] if hub["reason"] is None else f"{hub['state']} ({hub['reason']})"
        return (
            f"{self.endpoint} answered OK in {self.seconds * 1e3:.1f} ms: imagehub {hub['version']} "
            f"(front {hub['front_version']}), {state}, {free:.1f} GB free"
        )


def probe(settings: Settings, deadline_seconds: float) -> Answer:
    """Return the answer of the hub that runs with these settings.

    A hub that wants CURVE is probed with the pair `probe` in its keys directory.

    Raises:
        ImagehubError: no `OK` before the deadline; says what was wrong at last.
    """
    end = time.monotonic() + deadline_seconds
    while True:
        try:
            return _try(settings, min(ANSWER_SECONDS, deadline_seconds))
        except ImagehubError as error:
            if time.monotonic() + PAUSE_SECONDS > end:
                raise ImagehubError(f"no OK within {deadline_seconds:g} s: {error}") from error
        time.sleep(PAUSE_SECONDS)


def _try(settings: Settings, timeout_seconds: float) -> Answer:
    document = status.query(settings.runtime_directory)
    if document["state"] in {"starting", "draining"}:
        raise ImagehubError(f"the hub is {document['state']}")
    if document["version"] != __version__:
        raise ImagehubError(f"imagehub {document['version']} is running, not {__version__}")
    endpoint = _reachable(document["endpoint"])
    connection = sender.ReqConnection(endpoint, _keys(settings.curve_keys_directory))
    began = time.monotonic()
    try:
        reply = connection.exchange(MESSAGE, timeout_seconds)
    finally:
        connection.close()
    if reply != b"OK":
        said = "nothing" if reply is None else repr(reply.decode(errors="replace"))
        raise ImagehubError(f"{endpoint} answered {said}; see allow_addresses and the keys in its settings")
    return Answer(endpoint, time.monotonic() - began, document)


def _reachable(bound: str) -> str:
    """Return where to connect for an endpoint as the hub is bound to it."""
    return bound.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//127.0.0.1:")


def _keys(directory: Path | None) -> sender.CurveKeys | None:
    if directory is None:
        return None
    own = directory / f"{NAME}{keys.SECRET}"
    if not own.exists():
        raise ImagehubError(f"the hub wants CURVE: imagehub keys new {NAME} --directory {directory}, and reload it")
    return sender.CurveKeys.load(directory / f"{keys.HUB}{keys.PUBLIC}", own)
