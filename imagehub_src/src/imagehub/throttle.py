"""Saying the same thing once a minute, however often it happens."""

import threading
import time
from collections.abc import Callable, Mapping

INTERVAL_SECONDS = 60.0
MAX_TEXTS = 500
Fields = Mapping[str, str]
OTHERS = "NOT STORED, for many other reasons"


class Throttle:
    """Passes a text on at once, counts its repeats, and tells the count when the minute is over.

    `say` is given the text and the fields that go with it.
    """

    def __init__(self, say: Callable[[str, Fields], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._repeats: dict[str, int] = {}

    def tell(self, text: str, fields: Fields) -> None:
        """Say the text, unless it was said within the last minute."""
        with self._lock:
            if text not in self._told and len(self._told) >= MAX_TEXTS:
                text = OTHERS
            if text in self._told:
                self._repeats[text] = self._repeats.get(text, 0) + 1
                return
            self._told[text] = self._monotonic()
        self._say(text, fields)

    def flush(self) -> None:
        """Tell how often the texts whose minute is over were repeated."""
        now = self._monotonic()
        with self._lock:
            over = [text for text, told in self._told.items() if now - told >= INTERVAL_SECONDS]
            repeated = [(text, self._repeats.pop(text)) for text in over if text in self._repeats]
            for text in over:
                del self._told[text]
        for text, repeats in repeated:
            self._say(f"{text} ({repeats} more within a minute)", {})
