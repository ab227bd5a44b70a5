"""What became of messages that no hub has: gathered, and told once a minute at most, to the log and to the hub."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from imagehub.node.delivery.letter import Letter
from imagehub.terminal import units

INTERVAL_SECONDS = 60.0
LOG, HUB = "log", "hub"
MAX_NOTES = 10


@dataclass(slots=True)
class _Tally:
    images: int = 0
    others: int = 0
    oldest: datetime | None = None
    why: str = ""
    last_told: float = -math.inf

    def add(self, letter: Letter | None, why: str) -> None:
        """Count a message; None is one of which nothing is known."""
        if letter is not None and letter.is_image:
            self.images += 1
        else:
            self.others += 1
        if letter is not None:
            self.oldest = min(self.oldest or letter.post.taken, letter.post.taken)
        self.why = why

    def text(self, verb: str) -> str:
        """Return such as `dropped 12 images and 1 event, oldest 2026-03-14T09:26:53+00:00, the spool is full`."""
        other = "event" if self.oldest else "file"
        counts = [units.counted(count, noun) for count, noun in ((self.images, "image"), (self.others, other)) if count]
        oldest = f", oldest {self.oldest.isoformat(timespec='seconds')}" if self.oldest else ""
        return f"{verb} {' and '.join(counts)}{oldest}, {self.why}"


@dataclass(slots=True)
class _Audience:
    tallies: dict[str, _Tally] = field(
        default_factory=lambda: {"dropped": _Tally(), "refused": _Tally(), "set aside": _Tally()}
    )
    notes: dict[str, float | None] = field(default_factory=dict)  # when told, None where that is still to be done


class Telling:
    """Counts what was dropped, refused or damaged for those who listen; any thread may call it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._audiences = {LOG: _Audience(), HUB: _Audience()}

    def dropped(self, letter: Letter, why: str) -> None:
        """Count a message that is lost, and why."""
        self._add("dropped", letter, why)

    def refused(self, letter: Letter, why: str) -> None:
        """Count a message that no hub will ever take."""
        self._add("refused", letter, why)

    def damaged(self, name: str) -> None:
        """Count a file that is not whole."""
        self._add("set aside", None, f"damaged in the spool: {name}")

    def note(self, text: str) -> None:
        """Have a text told, once a minute at most."""
        with self._lock:
            for audience in self._audiences.values():
                told = audience.notes.get(text, -math.inf)
                if told is not None and self._is_over(told) and len(audience.notes) < MAX_NOTES:
                    audience.notes[text] = None

    def due(self, who: str) -> list[str]:
        """Return what is to be told to LOG or HUB now, and begin to gather anew."""
        with self._lock:
            audience = self._audiences[who]
            texts = [text for text, told in audience.notes.items() if told is None]
            now = self._monotonic()
            for text, told in list(audience.notes.items()):
                if told is not None and self._is_over(told):
                    del audience.notes[text]
            audience.notes.update(dict.fromkeys(texts, now))
            return texts + [self._told(audience, verb) for verb in audience.tallies if self._is_due(audience, verb)]

    def _add(self, verb: str, letter: Letter | None, why: str) -> None:
        with self._lock:
            for audience in self._audiences.values():
                audience.tallies[verb].add(letter, why)

    def _is_due(self, audience: _Audience, verb: str) -> bool:
        tally = audience.tallies[verb]
        return bool(tally.why) and self._is_over(tally.last_told)

    def _is_over(self, told: float) -> bool:
        """Tell whether a minute is over since this was told."""
        return self._monotonic() - told >= INTERVAL_SECONDS

    def _told(self, audience: _Audience, verb: str) -> str:
        text = audience.tallies[verb].text(verb)
        audience.tallies[verb] = _Tally(last_told=self._monotonic())
        return text
