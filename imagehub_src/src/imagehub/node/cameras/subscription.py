"""One reader's share of a camera that several read."""

import threading
from collections import deque

from imagehub.node.cameras.camera import Frame

LEAST_FRAMES, MOST_FRAMES = 8, 128
MOST_BYTES = 48_000_000


class Subscription:
    """Frames for one reader: all of them in order, or the newest only.

    With `every` they wait in a queue of `MOST_BYTES` of pictures (no fewer than `LEAST_FRAMES`, no more than
    `MOST_FRAMES`); what does not fit is left out and counted in `missed`. Else there is never more than one.
    With `until_lost` no frames come after the camera was lost, and `lost` says why it was.
    """

    def __init__(self, every: bool, until_lost: bool = False) -> None:
        self.missed = 0
        self.lost: str | None = None
        self._every = every
        self._until_lost = until_lost
        self._frames: deque[Frame] = deque()
        self._news = threading.Condition()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether its reader wants no more."""
        return self._closed

    def next(self, timeout_seconds: float) -> Frame | None:
        """Return the next frame; None where none came in time, and after `close`."""
        with self._news:
            self._news.wait_for(lambda: self._frames or self._closed or self.lost is not None, timeout_seconds)
            return self._frames.popleft() if self._frames and not self._closed else None

    def close(self) -> None:
        """Take no more frames; whoever waits in `next` gets None."""
        with self._news:
            self._closed = True
            self._frames.clear()
            self._news.notify_all()

    def give(self, frame: Frame) -> None:
        """Offer a frame; the camera's thread calls this, and is never held up."""
        with self._news:
            if self.lost is not None:
                return
            if not self._every:
                self._frames.clear()
            if len(self._frames) < _room(frame):
                self._frames.append(frame)
                self._news.notify_all()
            else:
                self.missed += 1

    def lose(self, why: str) -> None:
        """Take the news that the camera is lost."""
        with self._news:
            if self._until_lost and self.lost is None:
                self.lost = why
                self._news.notify_all()

    def forget(self) -> None:
        """Begin anew, as the camera was opened in another mode: drop what waits."""
        with self._news:
            self._frames.clear()
            self.lost = None


def _room(frame: Frame) -> int:
    return max(LEAST_FRAMES, min(MOST_FRAMES, MOST_BYTES // max(1, frame.pixels.nbytes)))
