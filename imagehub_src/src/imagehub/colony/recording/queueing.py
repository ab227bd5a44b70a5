"""Frames on their way from the camera to the file, in bounded memory."""

import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagehub.colony.recording.timestamps import Instant

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame to be encoded."""

    instant: Instant
    pixels: "Pixels"


@dataclass(frozen=True, slots=True)
class Packet:
    """A frame that the camera encoded itself."""

    instant: Instant
    h264: bytes
    keyframe: bool


class Backlog:
    """What waits for the encoder. Where it is full the newest frames are left out, and counted in `missed`."""

    def __init__(self, resolution: tuple[int, int], framerate: float) -> None:
        width, height = resolution
        size = min(MAX_SECONDS * framerate, MAX_BYTES / (width * height * 3))
        self._waiting: queue.Queue[Picture | Packet | None] = queue.Queue(max(4, int(size)))
        self._until_keyframe = False
        self.missed = 0

    def put(self, item: Picture | Packet) -> bool:
        """Add a frame; return whether there was room.

        After a packet for which there was none those that build on it are left out too.
        """
        if isinstance(item, Packet) and self._until_keyframe and not item.keyframe:
            self.missed += 1
            return False
        try:
            self._waiting.put_nowait(item)
        except queue.Full:
            self.missed += 1
            self._until_keyframe = True
            return False
        self._until_keyframe = False
        return True

    def get(self) -> Picture | Packet | None:
        """Wait for the next frame; None is the end."""
        return self._waiting.get()

    def end(self) -> None:
        """Let `get` return None after all that waits; it may wait for room."""
        self._waiting.put(None)
