"""The files of a recording while it goes on: as many frames in the video as rows beside it, whatever happens.

Each frame reaches the kernel before the next one is taken, so that a process that is killed loses what it was encoding
and nothing else. A disk that takes only part of a frame is cut back to the last whole one.
"""

import contextlib
import fcntl
import os
from collections.abc import Mapping
from io import FileIO
from pathlib import Path

from imagehub.colony.recording import names, timestamps
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.timestamps import Instant
from imagehub.flush import flush_folders

WRITTEN = ("video", "frames", "ttl.out", "ttl.in")
# Kept free for what must be written at the end, the last rows and the metadata, where the recording filled the disk.
RESERVE, RESERVE_BYTES = "reserve", 65_536


class Appended:
    """A file that only grows, by whole pieces."""

    def __init__(self, path: Path, header: bytes = b"") -> None:
        """Create it, with its header.

        Raises:
            OSError: it is there already, or can't be written.
        """
        self._file = FileIO(path, "xb")
        self.length = 0
        self.append(header)

    def append(self, piece: bytes) -> None:
        """Write a piece, or nothing of it where OSError is raised."""
        whole = self.length
        try:
            while piece:
                written = self._file.write(piece) or 0
                self.length += written
                piece = piece[written:]
        except OSError:
            self.cut(whole)
            raise

    def cut(self, size: int) -> None:
        """Take back what is beyond `size` bytes."""
        self._file.truncate(size)
        self._file.seek(size)
        self.length = size

    def lock(self) -> None:
        """Show other processes that this file is being written, until it is closed."""
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Make it durable, and close it."""
        with self._file:
            os.fsync(self._file.fileno())


class Files:
    """The video and the rows beside it, new files all; one thread uses them."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        """`paths` are those of `names.claim`.

        Raises:
            RecordingError: one can't be made, or the disk is full.
        """
        self._made: list[Path] = []
        self._open: dict[str, Appended] = {}
        self._reserve = names.scratch(paths["metadata"], RESERVE)
        try:
            self._create(paths)
        except OSError as error:
            self.discard()
            raise RecordingError(f"can't record to {paths['video'].parent}: {error.strerror}") from None

    @property
    def video_bytes(self) -> int:
        """How long the video is."""
        return self._open["video"].length

    def append(self, instant: Instant, packet: bytes) -> None:
        """Add a frame and its row, or neither where OSError is raised."""
        frames = self._open["frames"]
        before = frames.length
        frames.append(timestamps.frame_row(instant))
        try:
            self._open["video"].append(packet)
        except OSError:
            frames.cut(before)
            raise

    def append_ttl_out(self, instant: Instant, pulse_ns: int | None) -> None:
        """Add a frame's row to `ttl.out`."""
        self._open["ttl.out"].append(timestamps.ttl_out_row(instant, pulse_ns))

    def append_ttl_in(self, sensor_ns: int, wall_ns: int) -> None:
        """Add a pulse's row to `ttl.in`."""
        self._open["ttl.in"].append(timestamps.ttl_in_row(sensor_ns, wall_ns))

    def free_reserve(self) -> None:
        """Let the last rows and the metadata have the space that was kept for them."""
        self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Make all of it durable, and close it; raise OSError where the disk does not take it."""
        with contextlib.ExitStack() as closing:
            closing.callback(self.free_reserve)
            for file in self._open.values():
                closing.callback(file.close)
        flush_folders({self._reserve.parent})

    def discard(self) -> None:
        """Remove the files, which have nothing in them."""
        for file in self._open.values():
            file.close()
        for path in [*self._made, self._reserve]:
            path.unlink(missing_ok=True)

    def _create(self, paths: Mapping[str, Path]) -> None:
        for kind in WRITTEN:
            self._open[kind] = Appended(paths[kind], timestamps.HEADERS.get(kind, b""))
            self._made.append(paths[kind])
        self._open["video"].lock()
        with self._reserve.open("xb") as reserve:
            os.posix_fallocate(reserve.fileno(), 0, RESERVE_BYTES)


def is_being_written(video: Path) -> bool:
    """Return whether a process records to this file now."""
    with video.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
