"""From frames that wait to bytes on disk: encoded one after the other, each with its rows."""

import errno
import logging
import queue
from collections import deque
from collections.abc import Callable

from imagehub.colony.recording.files import Files
from imagehub.colony.recording.h264 import Encoder
from imagehub.colony.recording.pulses import PulseOut
from imagehub.colony.recording.queueing import Backlog, Packet, Picture
from imagehub.colony.recording.timestamps import Instant
from imagehub.errors import ImagehubError

Edges = queue.SimpleQueue[tuple[int, int]]
"""Pulses that came in: (nanoseconds by the sensor's clock, nanoseconds since 1970)."""

_log = logging.getLogger(__name__)


class Writer:
    """Writes what waits in a backlog; one thread runs it. Without files frames are only counted."""

    def __init__(
        self, backlog: Backlog, encoder: Encoder | None, files: Files | None, pulses: PulseOut | None, edges: Edges
    ) -> None:
        """`encoder` may be None where the frames come as packets."""
        self._backlog = backlog
        self._encoder = encoder
        self._files = files
        self._pulses = pulses
        self._edges = edges
        self._without_row: deque[Instant] = deque()
        self._failed = False
        self.frames = 0
        self.bytes = 0
        self.first_frame_ns = 0
        self.last_frame_ns = 0

    def run(self, failed: Callable[[str], None]) -> None:
        """Write until the backlog ends. The first fault is told `failed` once; what comes after it is left out."""
        while (item := self._backlog.get()) is not None:
            if self._failed:
                continue
            try:
                self._write(item)
            except ImagehubError as error:
                self._fail(str(error), failed)
            except OSError as error:
                self._fail(_words(error), failed)
            except Exception as error:  # noqa: BLE001 - whatever it is, the files must be closed whole
                _log.exception("The recording failed.")
                self._fail(f"{type(error).__name__}: {error}", failed)

    def close(self) -> str | None:
        """Write the last rows and make all durable; return what went wrong, or None."""
        if self._files is None:
            return None
        try:
            self._files.free_reserve()
            try:
                self._write_rows(last=True)
            finally:
                self._files.close()
        except OSError as error:
            return _words(error)
        return None

    def _fail(self, fault: str, failed: Callable[[str], None]) -> None:
        self._failed = True
        failed(fault)

    def _write(self, item: Picture | Packet) -> None:
        if self._files is not None:
            self._files.append(item.instant, self._encoded(item))
            self.bytes = self._files.video_bytes
            self._without_row.append(item.instant)
        self.frames += 1
        self.first_frame_ns = self.first_frame_ns or item.instant.wall_ns
        self.last_frame_ns = item.instant.wall_ns
        self._write_rows()

    def _encoded(self, item: Picture | Packet) -> bytes:
        if isinstance(item, Packet):
            return item.h264
        assert self._encoder is not None
        return self._encoder.encode(item.pixels, item.instant.sensor_ns)

    def _write_rows(self, last: bool = False) -> None:
        """Write the rows of all frames whose pulse has been given; at the end those of the others too."""
        if self._files is None:
            return
        while self._without_row:
            pulse = self._pulses.given() if self._pulses is not None else None
            if pulse is None and self._pulses is not None and not last:
                break
            self._files.append_ttl_out(self._without_row.popleft(), pulse)
        while not self._edges.empty():
            self._files.append_ttl_in(*self._edges.get())


def _words(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the disk is full: the recording ended; make room for the next one"
    return f"the recording can't be written: {error.strerror or error}"
