"""Two clocks and the way between them, simulated: the true offset is known, so an estimate can be held against it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from imagehub.colony.synchrony.clocks import Stamps

BEGIN_NS = 1_790_000_000_000_000_000


@dataclass
class Link:
    """`forth` and `back` give the delay of each way in ns; `offset` the true offset at a time of the reference."""

    forth: Callable[[], float]
    back: Callable[[], float]
    offset: Callable[[int], float]
    now_ns: int = BEGIN_NS
    pause_ns: int = 1_000_000

    def ask(self) -> Stamps:
        """Exchange once, and let the pause pass."""
        asked = self.now_ns
        arrived = asked + round(self.forth())
        left = arrived + 50_000
        back = left + round(self.back())
        stamps = Stamps(asked, arrived + round(self.offset(arrived)), left + round(self.offset(left)), back)
        self.now_ns = back + self.pause_ns
        return stamps


def jittered(least_ns: float, mean_jitter_ns: float, chance: random.Random) -> Callable[[], float]:
    """Return delays of a network: a least one, and queues of exponential length."""
    return lambda: least_ns + chance.expovariate(1 / mean_jitter_ns)


def drifting(offset_ns: float, ppm: float) -> Callable[[int], float]:
    """Return the true offset of a clock that runs faster by so many millionths."""
    return lambda at_ns: offset_ns + (at_ns - BEGIN_NS) * ppm * 1e-6


def stepping(before_ns: float, after_ns: float, at_ns: int) -> Callable[[int], float]:
    """Return the true offset of a clock that is set at an instant."""
    return lambda now: before_ns if now < at_ns else after_ns
