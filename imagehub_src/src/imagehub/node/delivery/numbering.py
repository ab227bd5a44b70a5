"""The order of a node's messages, and ids that no other message ever has.

An id is `SPOOL.RUN-SEQUENCE`. SPOOL is drawn once for a folder, and RUN at each start: on a Raspberry Pi with a
read-only system each start finds the folder of long ago, and cards are copied. Were the number all that makes a
message unlike another, a hub would take new pictures for repeats then, and not store them.
"""

import json
import logging
import os
import secrets
import threading
from pathlib import Path

log = logging.getLogger(__name__)

NAME = "numbers.json"
BLOCK = 10_000


class Numbering:
    """Gives numbers that only grow; any thread may take them, and none waits for the disk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run = secrets.token_hex(4)
        self._spool = secrets.token_hex(6)
        self._next = 1
        self._reserved = 1
        self._path: Path | None = None

    def open(self, folder: Path, beyond: int) -> None:
        """Go on behind `beyond` and behind all that was given before, as the folder remembers it."""
        self._path = folder / NAME
        known = _read(self._path)
        if known is not None:
            self._spool, self._next = known
        self._next = self._reserved = max(self._next, beyond + 1)
        self.reserve()

    def take(self) -> tuple[int, str]:
        """Return the next number and the id that goes with it."""
        with self._lock:
            number = self._next
            self._next += 1
        return number, f"{self._spool}.{self._run}-{number}"

    def reserve(self) -> None:
        """Note on disk that numbers are used, some thousands beforehand; where that fails the next call tries again."""
        if self._path is None or self._reserved - self._next > BLOCK // 2:
            return
        end = self._next + BLOCK
        try:
            _write(self._path, {"spool": self._spool, "reserved": end})
        except OSError as error:
            log.debug("can't write %s: %s", self._path, error)
        else:
            self._reserved = end


def _read(path: Path) -> tuple[str, int] | None:
    """Return the spool's word and the first number that was not reserved; None where the file does not tell."""
    try:
        document = json.loads(path.read_bytes())
        spool, reserved = document["spool"], document["reserved"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    fits = isinstance(spool, str) and spool.isascii() and spool.isalnum() and len(spool) <= 16
    return (spool, reserved) if fits and isinstance(reserved, int) and reserved > 0 else None


def _write(path: Path, document: dict[str, object]) -> None:
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(json.dumps(document).encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
