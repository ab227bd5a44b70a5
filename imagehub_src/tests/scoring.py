"""How much of what is in pictures was found, and how much of what was found is there?"""

from collections.abc import Sequence
from dataclasses import dataclass

from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.seeing import Thing
from labelled import Labelled

# A box is right if it has so much in common with the labelled one.
RIGHT = 0.5


@dataclass
class Score:
    """Counts of one label."""

    there: int = 0
    right: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float:
        """The share of what is there that was found."""
        return self.right / self.there if self.there else float("nan")

    @property
    def precision(self) -> float:
        """The share of what was found that is there."""
        found = self.right + self.wrong
        return self.right / found if found else float("nan")

    def add(self, picture: Labelled, label: str, things: Sequence[Thing]) -> None:
        """Count a picture in; `things` are those that are sure enough, of any label."""
        missing = list(picture.things.get(label, []))
        self.there += len(missing)
        for thing in sorted(things, key=lambda thing: -thing.score):
            if thing.label != label:
                continue
            best = max(missing, key=thing.box.overlap, default=None)
            if best is not None and thing.box.overlap(best) >= RIGHT:
                missing.remove(best)
                self.right += 1
            elif not any(_inside(thing.box, area) for area in picture.unclear.get(label, [])):
                self.wrong += 1


def _inside(box: Box, area: Box) -> bool:
    wide = min(box.left + box.width, area.left + area.width) - max(box.left, area.left)
    high = min(box.top + box.height, area.top + area.height) - max(box.top, area.top)
    return wide > 0 and high > 0 and wide * high >= 0.5 * box.area
