"""Pictures through a narrow line: how good and how large they may be, so that their bytes a second stay within it.

Quality goes first, by steps down to 40, then size. How much smaller a step makes a picture depends on the picture;
the table here is about what JPEG does to camera pictures, and what was really sent corrects it: at the step in use
the bytes are those that were seen.
"""

import time
from collections import deque
from collections.abc import Callable
from itertools import pairwise

QUALITIES = ((100, 2.2), (95, 1.0), (90, 0.66), (85, 0.52), (80, 0.43), (70, 0.34), (60, 0.28), (50, 0.24), (40, 0.2))
SCALES = ((0.75, 0.62), (0.5, 0.32), (0.35, 0.18), (0.25, 0.1))
WINDOW_SECONDS = 4.0
FIRST_SECONDS = 0.5
USED_SHARE = 0.9  # of the bandwidth; the rest is for events, headers and TCP
ROOM_SHARE = 0.75  # a better step must fit into this, or the steps would go to and fro
BETTER_AFTER_SECONDS = 3.0


class Squeeze:
    """Chooses quality and scale for a bandwidth; for one thread at a time."""

    def __init__(
        self, bytes_per_second: float, quality: int = 95, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """`quality` (1 to 100) is what is used where there is room for it."""
        self._limit = bytes_per_second
        self._monotonic = monotonic
        self._steps = _steps(quality)
        self._step = 0
        self._began = self._changed = monotonic()
        self._sent: deque[tuple[float, float]] = deque()  # when, bytes at the best step

    def settings_now(self) -> tuple[int, float]:
        """Return the JPEG quality (1 to 100) and the scale (1.0 is full size) for the next picture."""
        now = self._monotonic()
        demand = self._demand(now)
        fitting = self._first_step(demand, USED_SHARE)
        if fitting > self._step:
            self._take(fitting, now)
        elif self._step and now - self._changed >= BETTER_AFTER_SECONDS:
            better = self._first_step(demand, ROOM_SHARE)
            if better < self._step:
                self._take(self._step - 1, now)
        quality, scale, _ = self._steps[self._step]
        return quality, scale

    def sent(self, size: int, when: float) -> None:
        """Count a picture of `size` bytes that was made with the settings of now; `when` is monotonic seconds."""
        self._sent.append((when, size / self._steps[self._step][2]))

    def _demand(self, now: float) -> float:
        """Return how many bytes a second the best step would need."""
        while self._sent and now - self._sent[0][0] > WINDOW_SECONDS:
            self._sent.popleft()
        span = max(FIRST_SECONDS, min(WINDOW_SECONDS, now - self._began))
        return sum(size for _, size in self._sent) / span

    def _first_step(self, demand: float, share: float) -> int:
        room = self._limit * share
        return next((n for n, step in enumerate(self._steps) if demand * step[2] <= room), len(self._steps) - 1)

    def _take(self, step: int, now: float) -> None:
        self._step, self._changed = step, now


def _steps(quality: int) -> list[tuple[int, float, float]]:
    """Return (quality, scale, bytes as a share of the first step's) from the best step to the smallest."""
    own = _share_of(quality)
    steps = [(quality, 1.0, 1.0)] + [(q, 1.0, share / own) for q, share in QUALITIES if q < quality]
    least, _, share = steps[-1]
    return steps + [(least, scale, share * size) for scale, size in SCALES]


def _share_of(quality: int) -> float:
    """Return the bytes at a quality, as a share of those at 95, between the table's rows."""
    if quality <= QUALITIES[-1][0]:
        return QUALITIES[-1][1]
    for (above, most), (below, least) in pairwise(QUALITIES):
        if quality >= below:
            return least + (most - least) * (quality - below) / (above - below)
    raise AssertionError(quality)
