"""The last lines of an agent's log, kept for the conductor to fetch."""

import logging
import threading
from collections import deque
from typing import Any

KEPT_LINES = 5000
LINES_A_REPLY = 500
LONGEST_LINE = 1000


class LogRing(logging.Handler):
    """Keeps the newest lines under numbers that go up by one."""

    def __init__(self, kept: int = KEPT_LINES) -> None:
        super().__init__()
        self._lines: deque[dict[str, Any]] = deque(maxlen=kept)
        self._guard = threading.Lock()
        self._next = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        text = record.getMessage()[:LONGEST_LINE]
        with self._guard:
            self._lines.append({"number": self._next, "time": record.created, "level": record.levelname, "text": text})
            self._next += 1

    def since(self, number: int) -> dict[str, Any]:
        """Return the lines from a number on, not all at once where there are many, and the number to ask for next."""
        with self._guard:
            lines = [line for line in self._lines if line["number"] >= number][:LINES_A_REPLY]
            following = lines[-1]["number"] + 1 if lines else self._next
        return {"lines": lines, "next": following}
