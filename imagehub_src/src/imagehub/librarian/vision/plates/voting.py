"""What does a plate read that several images show, each a little differently?"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from imagehub.librarian.vision.plates.patterns import unlike

LONG = 7


class Vote(NamedTuple):
    """What one image says."""

    text: str
    region: str
    score: float


def best(votes: Sequence[Vote]) -> Vote:
    """Return what most images agree on; where no two agree, each character is voted on by itself.

    The score is the mean of those that agree with the result.
    """
    times = Counter(vote.text for vote in votes)
    weight: defaultdict[str, float] = defaultdict(float)
    for vote in votes:
        weight[vote.text] += vote.score
    text = max(times, key=lambda one: (times[one], weight[one]))
    if times[text] == 1 and len(votes) > 2:
        text = _by_character(votes)
    agreeing = [vote for vote in votes if vote.text == text] or list(votes)
    return Vote(text, _region(agreeing), sum(vote.score for vote in agreeing) / len(agreeing))


def _by_character(votes: Sequence[Vote]) -> str:
    lengths: defaultdict[int, float] = defaultdict(float)
    for vote in votes:
        lengths[len(vote.text)] += vote.score
    length = max(lengths, key=lambda one: lengths[one])
    found = ""
    for at in range(length):
        weights: defaultdict[str, float] = defaultdict(float)
        for vote in votes:
            if len(vote.text) == length:
                weights[vote.text[at]] += vote.score
        found += max(weights, key=lambda one: weights[one])
    return found


def _region(votes: Sequence[Vote]) -> str:
    """Return the region that weighs most; one that says more, as `us-tx` does, goes before `us`."""
    weights: defaultdict[str, float] = defaultdict(float)
    for vote in votes:
        weights[vote.region] += vote.score
    return max(weights, key=lambda region: (bool(region), weights[region], region))


def distance(one: str, other: str) -> int:
    """Return how many characters must be changed, added or left out to get from one text to another."""
    before = list(range(len(other) + 1))
    for row, mine in enumerate(one, start=1):
        now = [row]
        for column, theirs in enumerate(other, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (mine != theirs)))
        before = now
    return before[-1]


def near(one: str, other: str) -> bool:
    """Tell whether two texts, read within seconds by one camera, are readings of one plate."""
    return distance(one, other) <= (2 if min(len(one), len(other)) >= LONG else 1)


def confused(one: str, other: str) -> float | None:
    """Return how unlike two texts are that differ in characters which look alike; None: they are different plates."""
    if len(one) != len(other):
        return None
    costs = [unlike(mine, theirs) for mine, theirs in zip(one, other, strict=True) if mine != theirs]
    if len(costs) > (2 if len(one) >= LONG else 1) or any(cost >= 1 for cost in costs):
        return None
    return sum(costs)
