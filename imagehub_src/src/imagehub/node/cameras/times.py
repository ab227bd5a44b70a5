"""The clocks that frames are dated by."""

import time
from collections.abc import Callable
from dataclasses import dataclass

NANOSECONDS = 1_000_000_000


def _boot_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Clock:
    """This machine's time: since it booted (CLOCK_BOOTTIME), since 1970, since some start, and how to let it pass."""

    boot_ns: Callable[[], int] = _boot_ns
    wall_ns: Callable[[], int] = time.time_ns
    monotonic_ns: Callable[[], int] = time.monotonic_ns
    sleep: Callable[[float], None] = time.sleep

    def wall_minus_boot_ns(self) -> int:
        """Return what must be added to an instant since the boot to have it since 1970, by the clocks of now.

        Of three comparisons the one that took the shortest counts, so that an interruption between two clocks does
        no harm.
        """
        return min(self._compared() for _ in range(3))[1]

    def boot_minus_monotonic_ns(self) -> int:
        """Return what must be added to an instant of CLOCK_MONOTONIC, which stands still while the machine sleeps."""
        return self.boot_ns() - self.monotonic_ns()

    def _compared(self) -> tuple[int, int]:
        before = self.boot_ns()
        wall = self.wall_ns()
        after = self.boot_ns()
        return after - before, wall - (before + after) // 2


REAL = Clock()
