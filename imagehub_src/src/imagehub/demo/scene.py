"""A simulated camera: what happens in a little yard, and when. The same seed and time give the same picture.

Time is in seconds on any scale; the picture shows it as a date and a time of day.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from imagehub.demo.painting import Painter

CYCLE_SECONDS = 20.0
TEMPERATURE_SECONDS = 45.0
WALKERS = ("person", "coyote", "car")


class Passage(NamedTuple):
    """Somebody who comes into the picture on one side and leaves it on the other."""

    who: str
    enters: float
    leaves: float
    leftwards: bool

    def progress(self, time: float) -> float:
        """Return how far the way is done, from 0 to 1."""
        return (time - self.enters) / (self.leaves - self.enters)


@dataclass(frozen=True)
class Scene:
    """The yard before the camera `name` (`node view`); each `seed` is another yard. `size` is in pixels."""

    seed: int
    name: str
    size: tuple[int, int] = (640, 480)

    def frame(self, time: float) -> bytes:
        """Return the picture at a time, as a JPEG. Raise ImportError where NumPy or OpenCV is missing."""
        return self._painter.paint(time, self.passage(time))

    def passage(self, time: float) -> Passage | None:
        """Return who is in the picture at a time."""
        passage = self._passage(math.floor(time / CYCLE_SECONDS))
        return passage if passage.enters <= time < passage.leaves else None

    def events(self, since: float, until: float) -> list[str]:
        """Return the texts of the events from `since` on and before `until`, as imagenode sends them."""
        happened = [*self._motion(since, until), *self._temperatures(since, until)]
        return [text for time, text in sorted(happened) if since <= time < until]

    @cached_property
    def _painter(self) -> "Painter":
        from imagehub.demo.painting import Painter

        return Painter(self.seed, self.name, self.size)

    def _passage(self, cycle: int) -> Passage:
        chance = self._chance("passage", cycle)
        enters = cycle * CYCLE_SECONDS + chance.uniform(1, 8)
        who = chance.choice(WALKERS)
        takes = chance.uniform(4, 6) if who == "car" else chance.uniform(7, 10)
        return Passage(who, enters, enters + takes, chance.random() < 0.5)

    def _motion(self, since: float, until: float) -> list[tuple[float, str]]:
        cycles = range(math.floor(since / CYCLE_SECONDS), math.floor(until / CYCLE_SECONDS) + 1)
        passages = [self._passage(cycle) for cycle in cycles]
        moving = [(passage.enters, f"{self.name}|motion|moving") for passage in passages]
        return moving + [(passage.leaves, f"{self.name}|motion|still") for passage in passages]

    def _temperatures(self, since: float, until: float) -> list[tuple[float, str]]:
        """A thermometer belongs to the node, not to one of its views."""
        node = self.name.partition(" ")[0]
        first, last = math.floor(since / TEMPERATURE_SECONDS), math.floor(until / TEMPERATURE_SECONDS)
        start = self._chance("thermometer", 0).uniform(0, TEMPERATURE_SECONDS)
        times = [index * TEMPERATURE_SECONDS + start for index in range(first - 1, last + 1)]
        return [(time, f"{node}|Temp|{self._fahrenheit(time)} F") for time in times]

    def _fahrenheit(self, time: float) -> int:
        drift = 6 * math.sin(time / 900 + self.seed)
        return round(68 + drift + self._chance("weather", math.floor(time)).uniform(-1, 1))

    def _chance(self, purpose: str, index: int) -> Random:
        return Random(f"{self.seed} {purpose} {index}")  # noqa: S311 - a play, not a secret
