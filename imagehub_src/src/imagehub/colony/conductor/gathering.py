"""One log of all cameras and the conductor, as it comes: into the session's folder, and wherever else is wished."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from imagehub.errors import ImagehubError

CONDUCTOR = "conductor"


class GatheredLog:
    """Writes lines into some files, and gives those of at least `level` to `show`. Any thread may call it."""

    def __init__(self, paths: Iterable[Path], level: str, show: Callable[[str], None] | None) -> None:
        """Raise ImagehubError where a file can't be made; none is overwritten."""
        self._level = logging.getLevelNamesMapping()[level]
        self._show = show
        self._guard = threading.Lock()
        self._files: list[TextIO] = []
        try:
            for path in paths:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._files.append(path.open("a", encoding="utf-8"))
        except OSError as error:
            self.close()
            raise ImagehubError(f"can't write the log {path}: {error.strerror}") from error

    def say(self, level: str, text: str) -> None:
        """Add a line of the conductor's own."""
        self._add(datetime.now(UTC), CONDUCTOR, level, text)

    def add(self, camera: str, line: Mapping[str, Any]) -> None:
        """Add a line of an agent's log, which is not trusted to be one."""
        try:
            when = datetime.fromtimestamp(float(line["time"]), UTC)
            self._add(when, camera, str(line["level"])[:20], str(line["text"]))
        except (LookupError, TypeError, ValueError, OverflowError, OSError):
            self._add(datetime.now(UTC), camera, "WARNING", "a line of its log can't be read")

    def close(self) -> None:
        """Close the files."""
        with self._guard:
            for file in self._files:
                file.close()
            self._files = []

    def _add(self, when: datetime, source: str, level: str, text: str) -> None:
        if logging.getLevelNamesMapping().get(level, logging.INFO) < self._level:
            return
        clean = "".join(character if character.isprintable() else " " for character in text)
        line = f"{when.isoformat(timespec='milliseconds')} {source} {level} {clean}"
        with self._guard:
            for file in self._files:
                file.write(f"{line}\n")
                file.flush()
        if self._show is not None:
            self._show(line)
