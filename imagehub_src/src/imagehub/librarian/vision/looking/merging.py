"""What is in a picture, where its parts were looked at too?"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.seeing import LEAST, Thing

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
# Boxes of one label that overlap by so much are one thing; so is a cut thing of which so much lies in another one.
SAME = 0.5
COVERED = 0.6
# Nearer to the edge of a part than this share of its side is: cut by it.
EDGE = 0.02


class _Found(NamedTuple):
    thing: Thing
    cut: bool


def merged(seen: Iterable[tuple[Box, Sequence[Thing]]]) -> list[Thing]:
    """Return the things found in parts of a picture once each, the surest first; boxes come in those of the whole.

    Of a thing that several parts show, the surest is kept. What a part's edge cuts gives way to a thing of the same
    label that holds it, however sure it is.
    """
    by_label = defaultdict(list)
    for part, things in seen:
        for thing in things:
            if thing.score >= LEAST:
                placed = Thing(thing.label, thing.score, thing.box.within(part))
                by_label[thing.label].append(_Found(placed, _is_cut(thing.box, part)))
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


def _once(found: list[_Found]) -> list[Thing]:
    kept: list[Thing] = []
    for one in sorted(found, key=lambda one: (one.cut, -one.thing.score)):
        if not any(_same(one, other) for other in kept):
            kept.append(one.thing)
    return kept


def _same(one: _Found, other: Thing) -> bool:
    return one.thing.box.overlap(other.box) >= SAME or (one.cut and _covered(one.thing.box, other.box) >= COVERED)


def _covered(box: Box, by: Box) -> float:
    wide = min(box.left + box.width, by.left + by.width) - max(box.left, by.left)
    high = min(box.top + box.height, by.top + by.height) - max(box.top, by.top)
    return wide * high / box.area if wide > 0 and high > 0 else 0.0
