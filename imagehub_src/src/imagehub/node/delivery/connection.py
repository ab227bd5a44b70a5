"""A connection to a hub that is given up at once when the node stops."""

import threading
import time

from imagehub.errors import ImagehubError
from imagehub.sender import CurveKeys, ReqConnection

LOOK_SECONDS = 0.1


class StoppedError(ImagehubError):
    """The node stops while a message is under way; it stays in line."""


class StoppableConnection(ReqConnection):
    """A REQ connection whose wait for a reply ends when `stop` is set."""

    def __init__(self, endpoint: str, keys: CurveKeys | None, stop: threading.Event) -> None:
        super().__init__(endpoint, keys)
        self._stop = stop

    def answered(self, timeout_seconds: float) -> bool:
        """See `ReqConnection.answered`.

        Raises:
            StoppedError: the node stops.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self._stop.is_set():
            left = deadline - time.monotonic()
            if super().answered(max(0.0, min(LOOK_SECONDS, left))):
                return True
            if left <= 0:
                return False
        raise StoppedError("the node stops")
