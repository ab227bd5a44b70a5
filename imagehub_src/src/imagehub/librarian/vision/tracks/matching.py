"""Whether two boxes of one label show the same thing, and which of an image's things are which of those known."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from imagehub.librarian.vision.box import Box

SECOND = 1_000_000
STANDING = 0.5  # boxes of what stands overlap at least so much
REACH = 0.3  # what moves may go so many times its size at once,
PACE = 1.2  # and so many times its size in each second,
FARTHEST = 1.5  # but not farther: by then it may be anybody
LIKENESS = 3.0  # and it may seem so many times as large, or as small

Known = TypeVar("Known")


class Look(NamedTuple):
    """Where something was seen, and when."""

    box: Box
    time_us: int


def likeness(one: Look, other: Look, event_us: int) -> float:
    """Tell how well two looks fit one thing: 0 is not at all, more than 1 that it stands.

    What stands may be seen again at any time, what moves only within `event_us`.
    """
    overlap = one.box.overlap(other.box)
    if overlap >= STANDING:
        return 1 + overlap
    apart_us = abs(one.time_us - other.time_us)
    if apart_us > event_us or not _as_large(one.box, other.box):
        return 0.0
    reach = min(REACH + PACE * apart_us / SECOND, FARTHEST) * _size(one.box, other.box)
    return max(0.0, 1 - _distance(one.box, other.box) / reach) if reach else 0.0


def _as_large(one: Box, other: Box) -> bool:
    small, large = sorted((one.area, other.area))
    return large <= LIKENESS * small


def _size(one: Box, other: Box) -> float:
    return max(one.width, one.height, other.width, other.height)


def _distance(one: Box, other: Box) -> float:
    wide = one.left + one.width / 2 - other.left - other.width / 2
    high = one.top + one.height / 2 - other.top - other.height / 2
    return float((wide * wide + high * high) ** 0.5)


def assign(
    number: int, known: Sequence[Known], fits: Callable[[int, Known], float], may: Callable[[Known], bool]
) -> dict[int, Known]:
    """Give each of an image's things, by its number, at most one that is known, the best fitting pairs first.

    `may` is asked of those known that fit something, and only of them.
    """
    pairs = [(fits(at, one), at, index) for at in range(number) for index, one in enumerate(known)]
    given: dict[int, Known] = {}
    taken: set[int] = set()
    for fit, at, index in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if fit > 0 and at not in given and index not in taken and may(known[index]):
            given[at] = known[index]
            taken.add(index)
    return given


def absence(times: Iterable[tuple[int, bool]], before_us: int, event_us: int, most_us: int) -> int:
    """Return how long images show what a camera sees: each stands for the time since the one before, or `event_us`.

    `times` are the times of images in order, and whether each was looked at; `before_us` is the one before them. Of
    images far apart nobody knows what was between. It ends at `most_us`.
    """
    seen_us = 0
    for time_us, looked_at in times:
        if looked_at:
            seen_us += min(time_us - before_us, event_us)
        if seen_us >= most_us:
            return most_us
        before_us = time_us
    return seen_us
