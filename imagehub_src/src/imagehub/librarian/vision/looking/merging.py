"""What is in a picture, where its parts were looked at too?"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.seeing import LEAST, Thing

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
# Boxes of one label that overlap by so much are one thing, and so are boxes of different parts that overlap by less:
# from afar a small thing's box is loose.
SAME = 0.5
SAME_ELSEWHERE = 0.4
# So is a box of which so much lies in one of another part: something that is cut, and a part of something.
CUT_COVERED = 0.6
COVERED = 0.75
# Nearer to the edge of a part than this share of its side is: cut by it.
EDGE = 0.02
# A part tells nothing of what takes up more than this share of the picture: the whole picture shows it large enough,
# and with what is around it. A fur that fills a part is easily the wrong animal's.
LARGE = 0.1
# With this score the closest look tells best where a thing is.
SURE = 0.5


class _Found(NamedTuple):
    thing: Thing
    part: Box
    cut: bool

    @property
    def rank(self) -> tuple[bool, bool, float, float]:
        """The lowest one is kept: what is whole, what is sure, what was seen most closely, and what is surest."""
        sure = self.thing.score >= SURE
        return self.cut, not sure, round(self.part.area, 2) if sure else 0.0, -self.thing.score


def merged(seen: Iterable[tuple[Box, Sequence[Thing]]]) -> list[Thing]:
    """Return the things found in parts of a picture once each, the surest first; boxes come in those of the whole.

    Of a thing that several parts show, the box of the closest look is kept, with the best score. What a part's edge
    cuts gives way to a thing of the same label that holds it, however sure it is. Large things are those of the whole
    alone.
    """
    by_label = defaultdict(list)
    for part, things in seen:
        for thing in things:
            placed = Thing(thing.label, thing.score, thing.box.within(part))
            if thing.score >= LEAST and (part == WHOLE or placed.box.area <= LARGE):
                by_label[thing.label].append(_Found(placed, part, _is_cut(thing.box, part)))
    kept = [thing for found in by_label.values() for thing in _once(found)]
    return sorted(kept, key=lambda thing: thing.score, reverse=True)


def _is_cut(box: Box, part: Box) -> bool:
    right, bottom = box.left + box.width, box.top + box.height
    return (
        (box.left < EDGE and part.left > 0)
        or (box.top < EDGE and part.top > 0)
        or (right > 1 - EDGE and part.left + part.width < 1 - 1e-6)
        or (bottom > 1 - EDGE and part.top + part.height < 1 - 1e-6)
    )


def _once(found: list[_Found]) -> Iterable[Thing]:
    kept: list[_Found] = []
    for one in sorted(found, key=lambda one: one.rank):
        for number, other in enumerate(kept):
            if _same(one, other):
                if not one.cut:
                    best = max(one.thing.score, other.thing.score)
                    kept[number] = other._replace(thing=other.thing._replace(score=best))
                break
        else:
            kept.append(one)
    return (each.thing for each in kept)


def _same(one: _Found, other: _Found) -> bool:
    overlap = one.thing.box.overlap(other.thing.box)
    if one.part == other.part:
        return overlap >= SAME
    inside, around = _covered(one.thing.box, other.thing.box), _covered(other.thing.box, one.thing.box)
    return overlap >= SAME_ELSEWHERE or max(inside, around) >= COVERED or (one.cut and inside >= CUT_COVERED)


def _covered(box: Box, by: Box) -> float:
    """Return the share of a box that lies in another one."""
    wide = min(box.left + box.width, by.left + by.width) - max(box.left, by.left)
    high = min(box.top + box.height, by.top + by.height) - max(box.top, by.top)
    return wide * high / box.area if wide > 0 and high > 0 else 0.0
