"""Saying the same thing once a minute, however often it happens."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

INTERVAL_SECONDS = 60.0
MAX_TEXTS = 500
Fields = Mapping[str, str]
OTHERS = "NOT STORED, or other trouble, for many other reasons"


@dataclass(slots=True)
class _Told:
    """When a text was said (monotonic seconds) and with which fields, and how often it was held back since."""

    time: float
    fields: Fields
    repeats: int = 0


class Throttle:
    """Passes a text on at once, counts its repeats, and tells the count when the minute is over.

    `say` is given the text and the fields that go with it.
    """

    def __init__(self, say: Callable[[str, Fields], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._told: dict[str, _Told] = {}

    def tell(self, text: str, fields: Fields) -> None:
        """Say the text, unless it was said within the last minute."""
        with self._lock:
            if text not in self._told and len(self._told) >= MAX_TEXTS:
                text, fields = OTHERS, {}
            told = self._told.get(text)
            if told is not None:
                told.repeats += 1
                return
            self._told[text] = _Told(self._monotonic(), fields)
        self._say(text, fields)

    def flush(self) -> None:
        """Tell how often the texts whose minute is over were repeated."""
        now = self._monotonic()
        with self._lock:
            over = {text: told for text, told in self._told.items() if now - told.time >= INTERVAL_SECONDS}
            for text in over:
                del self._told[text]
        for text, told in over.items():
            if told.repeats:
                self._say(f"{text} ({told.repeats} more within a minute)", told.fields)
