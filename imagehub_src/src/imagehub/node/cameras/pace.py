"""When the frames of a camera are due whose pictures this program makes."""

from dataclasses import dataclass

from imagehub.node.cameras.times import NANOSECONDS, Clock

KEPT_FRAMES = 8  # so many frames wait for a reader that is late, as in a sensor's buffers


@dataclass(frozen=True, slots=True)
class Instant:
    """Frame `number` is taken at `sensor_ns` since the boot, which is `wall_ns` since 1970."""

    number: int
    sensor_ns: int
    wall_ns: int


class Pace:
    """Frames at a steady rate: number k is due k / framerate after the first, to the nanosecond.

    A reader that is late by more than `KEPT_FRAMES` misses the oldest of them, and sees a gap in their numbers.
    """

    def __init__(self, framerate: float, first_frame_ns: int | None, clock: Clock) -> None:
        """`first_frame_ns` is since 1970; None is now."""
        self._framerate = framerate
        self._clock = clock
        offset = clock.wall_minus_boot_ns()
        self._first_boot_ns = clock.boot_ns() if first_frame_ns is None else first_frame_ns - offset
        self._first_wall_ns = self._first_boot_ns + offset
        self._next = 0

    def next(self, timeout_seconds: float) -> Instant | None:
        """Wait for the next frame's instant and return it; None where that is not in time."""
        end = self._clock.boot_ns() + round(timeout_seconds * NANOSECONDS)
        due = self._first_boot_ns + self._after(self._next)
        while (now := self._clock.boot_ns()) < due:
            if now >= end:
                return None
            self._clock.sleep((min(due, end) - now) / NANOSECONDS)
        return self._take(now)

    def _take(self, now: int) -> Instant:
        newest = int((now - self._first_boot_ns) * self._framerate / NANOSECONDS)
        number = max(self._next, newest - KEPT_FRAMES + 1)
        self._next = number + 1
        after = self._after(number)
        return Instant(number, self._first_boot_ns + after, self._first_wall_ns + after)

    def _after(self, number: int) -> int:
        return round(number * NANOSECONDS / self._framerate)
