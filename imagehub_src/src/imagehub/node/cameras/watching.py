"""Whether what a camera shows is a picture: pure decisions on its frames."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from imagehub.node.cameras.camera import Frame
from imagehub.node.cameras.times import NANOSECONDS

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

BLACK, FROZEN, SEEN_AGAIN = "black", "frozen", "seen again"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a picture counts as none.

    Black: for `black_seconds` the mean of its values is at most `black_mean` and their standard deviation at most
    `black_spread` (0 to 255). Frozen: for `frozen_seconds` no value differs by more than `frozen_difference`, which the
    noise of every sensor does; `live` False is for sources without such noise, which can't freeze. A look is taken
    every `look_seconds`.
    """

    black_seconds: float = 5.0
    black_mean: float = 12.0
    black_spread: float = 4.0
    frozen_seconds: float = 10.0
    frozen_difference: int = 0
    live: bool = True
    look_seconds: float = 0.5


class Watch:
    """Looks at a camera's frames now and then; time is that of the frames."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._told: str | None = None
        self._looked_ns: int | None = None
        self._before: Pixels | None = None
        self._black_since_ns: int | None = None
        self._same_since_ns: int | None = None

    def look(self, frame: Frame) -> str | None:
        """Return `black` or `frozen` when a picture has become so, `seen again` when it is one again, else None."""
        now = frame.sensor_ns
        if self._looked_ns is not None and 0 <= now - self._looked_ns < self._limits.look_seconds * NANOSECONDS:
            return None
        self._looked_ns = now
        self._black_since_ns = _since(self._black_since_ns, now, self._is_black(frame.pixels))
        self._same_since_ns = _since(self._same_since_ns, now, self._is_same(frame.pixels))
        self._before = frame.pixels
        return self._news(self._state(now))

    def forget(self) -> None:
        """Begin anew, as after the camera was opened again; what was told stays told."""
        self._looked_ns = self._before = self._black_since_ns = self._same_since_ns = None

    def _state(self, now: int) -> str | None:
        if _lasts(self._black_since_ns, now, self._limits.black_seconds):
            return BLACK
        if _lasts(self._same_since_ns, now, self._limits.frozen_seconds):
            return FROZEN
        began = self._black_since_ns if self._black_since_ns is not None else self._same_since_ns
        return None if began is None else self._told  # what began to be a fault is not well again

    def _news(self, state: str | None) -> str | None:
        if state == self._told or (state is not None and self._told is not None):
            return None
        self._told = state
        return SEEN_AGAIN if state is None else state

    def _is_black(self, pixels: "Pixels") -> bool:
        mean, spread = cv2.meanStdDev(pixels[::4, ::4])
        return bool(mean.max() <= self._limits.black_mean and spread.max() <= self._limits.black_spread)

    def _is_same(self, pixels: "Pixels") -> bool:
        if not self._limits.live or self._before is None or self._before.shape != pixels.shape:
            return False
        return cv2.norm(self._before, pixels, cv2.NORM_INF) <= self._limits.frozen_difference


def _since(began: int | None, now: int, holds: bool) -> int | None:
    if not holds:
        return None
    return now if began is None else began


def _lasts(began: int | None, now: int, seconds: float) -> bool:
    return began is not None and now - began >= seconds * NANOSECONDS
