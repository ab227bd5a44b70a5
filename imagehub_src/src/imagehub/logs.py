"""The service's own log: one line an event on standard error, with fields where journald takes them.

A record's fields come from `extra={"fields": {"node": ...}}`. Under systemd they go to journald's native socket as
`IMAGEHUB_NODE=` and so on, so that `journalctl -u imagehub IMAGEHUB_NODE=Barn` finds them.
"""

import logging
import os
import socket
import struct
import sys
from collections.abc import Mapping
from typing import TextIO

JOURNALD = "/run/systemd/journal/socket"
_PRIORITY = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


def start(level: str, stream: TextIO = sys.stderr, environment: Mapping[str, str] = os.environ) -> None:
    """Send the log of the package `imagehub` to journald if it reads `stream`, else to `stream` as text."""
    handler = JournaldHandler(JOURNALD) if _journald_reads(stream, environment) else _text_handler(stream)
    logger = logging.getLogger("imagehub")
    logger.handlers[:] = [handler]
    logger.propagate = False
    set_level(level)


def set_level(level: str) -> None:
    """Log from this level on: debug, info, warning or error."""
    logging.getLogger("imagehub").setLevel(level.upper())


def encode_fields(fields: Mapping[str, str]) -> bytes:
    """Return fields in journald's native protocol (systemd, NATIVE_JOURNAL_PROTOCOL)."""
    parts = []
    for name, value in fields.items():
        data = value.encode(errors="replace")
        parts.append(name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n")
    return b"".join(parts)


class JournaldHandler(logging.Handler):
    """Writes records with their fields to journald."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; what journald does not take goes to standard error."""
        fields = {f"IMAGEHUB_{name.upper()}": str(value) for name, value in _fields(record).items()}
        fixed = {"MESSAGE": self.format(record), "PRIORITY": str(_PRIORITY.get(record.levelno, 6))}
        fixed["SYSLOG_IDENTIFIER"] = "imagehub"
        try:
            self._socket.sendto(encode_fields(fixed | fields), self._path)
        except OSError:
            print(self.format(record), file=sys.stderr)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return getattr(record, "fields", {})


def _text_handler(stream: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return handler


def _journald_reads(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Compare the stream with JOURNAL_STREAM (systemd.exec(5)): device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
