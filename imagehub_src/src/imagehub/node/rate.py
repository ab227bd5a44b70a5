"""How often something happens a second, over the last times that it did."""

import time
from collections import deque
from collections.abc import Callable

KEPT = 50
QUIET_SECONDS = 5.0


class Rate:
    """Counts; any thread may ask, one counts."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.count = 0
        self._monotonic = monotonic
        self._times: deque[float] = deque(maxlen=KEPT)

    def happened(self) -> None:
        """Count one more."""
        self.count += 1
        self._times.append(self._monotonic())

    def per_second(self) -> float:
        """Return the rate; 0 where nothing has happened for some seconds, or not yet twice."""
        times = list(self._times)
        if len(times) < 2 or self._monotonic() - times[-1] > QUIET_SECONDS + 2 * (times[-1] - times[-2]):
            return 0.0
        return (len(times) - 1) / max(times[-1] - times[0], 1e-6)
