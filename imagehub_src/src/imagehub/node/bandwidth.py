"""The bandwidth that all cameras of a node share."""

import threading
import time
from collections.abc import Callable

from imagehub.node.delivery.squeezing import Squeeze


class NarrowLine:
    """Tells the views of all cameras how good and large their images may be; for any thread."""

    def __init__(self, bytes_per_second: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._squeeze = Squeeze(bytes_per_second, monotonic=monotonic)
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def settings_now(self) -> tuple[int, float]:
        """Return the JPEG quality at most, and the scale, for the next image."""
        with self._lock:
            return self._squeeze.settings_now()

    def sent(self, size: int) -> None:
        """Count the bytes of an image on its way to the hub."""
        with self._lock:
            self._squeeze.sent(size, self._monotonic())
