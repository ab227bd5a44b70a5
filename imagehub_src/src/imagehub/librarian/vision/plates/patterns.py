"""What do plates of a region look like, and what does a reading most likely say?

A pattern stands for templates: for each place of a text the characters that it may have. A character that a place
can't have is taken for one that looks like it, at a cost; the template with the least cost wins.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import NamedTuple

import yaml

from imagehub import yamlfile
from imagehub.errors import SettingsError

LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
KINDS = {"A": frozenset(LETTERS), "9": frozenset(DIGITS), "*": frozenset(LETTERS + DIGITS)}
PART = re.compile(r"(?:([A9*])|\[([A-Z0-9-]+)\]|\(([A-Z0-9|]+)\)|([ -]))(?:\{(\d)(?:,(\d))?\})?", re.ASCII)
REGION = re.compile(r"[a-z]{2}(-[a-z0-9]{1,6})?", re.ASCII)
SHORTEST, LONGEST, MOST = 3, 10, 5000
# How unlike each other characters are, as a cost; others are not taken for each other.
UNLIKE = {
    frozenset(pair): cost
    for cost, pairs in {
        0.1: "0O 0Q OQ 1I",
        0.2: "0D OD DQ 8B IL 5S 2Z 6G UV",
        0.35: "1J 1L 1T 7T 7Z 4A 3B 3J 38 CG 0C OC UO DU 7Y VY MN 9G 6B 0U 9P EF 1Y 7I 7L KX HN MW",
    }.items()
    for pair in pairs.split()
}
DEAREST, OTHER_GAPS, RARE = 0.45, 0.15, 0.25


class Template(NamedTuple):
    """One length of one pattern: the characters of each place, and behind which places a gap is."""

    region: str
    places: tuple[frozenset[str], ...]
    gaps: frozenset[int]
    rare: bool = False


class Fit(NamedTuple):
    """What a reading says by a region's patterns, and what it cost to read it so; no region: several would do."""

    text: str
    region: str
    cost: float


@dataclass(frozen=True)
class Patterns:
    """The templates of the regions that are expected, by length; `order` has the likeliest regions first."""

    templates: Mapping[int, Sequence[Template]]
    order: Sequence[str] = field(default=())

    def fit(self, text: str, gaps: frozenset[int] = frozenset()) -> Fit | None:
        """Return what a text of capital letters and digits says; None: it fits no pattern, or is a word.

        `gaps` are the numbers of characters before each gap in the text; they tell apart what else is alike.
        """
        fits = [(cost, one) for one in self.templates.get(len(text), ()) if (cost := _cost(text, one)) <= DEAREST]
        if not fits or not self._likely(text):
            return None
        ranked = [(cost + _doubt(one, gaps), cost, one) for cost, one in fits]
        least = min(rank for rank, _, _ in ranked)
        near = [(cost, one) for rank, cost, one in ranked if rank - least < 0.01]
        cost, best = min(near, key=self._place)
        says = _said(text, best)
        return Fit(says, self._region({one.region for _, one in near if _said(text, one) == says}), cost)

    def _likely(self, text: str) -> bool:
        """Tell whether a text is no word, and, unless somebody expects what is alike, no plain number."""
        digits = sum(one in DIGITS for one in text)
        return digits > 0 and (digits < len(text) or bool(self.order))

    def _place(self, fit: tuple[float, Template]) -> tuple[int, float]:
        region = fit[1].region
        return (self.order.index(region) if region in self.order else len(self.order)), fit[0]

    def _region(self, regions: set[str]) -> str:
        """Return the one that is meant: the likeliest if somebody said so, else what they have in common."""
        expected = [one for one in self.order if one in regions]
        if expected or len(regions) == 1:
            return (expected or list(regions))[0]
        countries = {one.partition("-")[0] for one in regions}
        return countries.pop() if len(countries) == 1 else ""


def normal(text: str) -> str:
    """Return the capital letters and digits of a text; letters lose their accents: `Ü` is `U`."""
    plain = unicodedata.normalize("NFKD", text.upper())
    return "".join(one for one in plain if one in KINDS["*"])


def gaps_of(text: str) -> frozenset[int]:
    """Return how many letters and digits stand before each gap of a text."""
    counts = [len(normal(text[:at])) for at, one in enumerate(text) if not normal(one)]
    return frozenset(count for count in counts if 0 < count < len(normal(text)))


def unlike(one: str, other: str) -> float:
    """Return how unlike two characters are; 1.0: nobody takes one for the other."""
    return 0.0 if one == other else UNLIKE.get(frozenset((one, other)), 1.0)


def load(regions: Sequence[str], file: Path | None) -> Patterns:
    """Return the patterns of these regions, of all if none are given; a file has those of more regions.

    A region of the file takes the place of ours. A country as `us` stands for its states, too.

    Raises:
        SettingsError: a region is not known, or the file has faults; the lines are named.
    """
    known = dict(_ours())
    if file is not None:
        known |= _of_file(file)
    order = tuple(dict.fromkeys(name for one in regions for name in _meant(one.strip().lower(), known)))
    found: dict[int, list[Template]] = {}
    for name in order or known:
        # Any number on a van would fit a pattern of digits alone: it counts only where such plates are expected.
        for template in (one for one in known[name] if order or any(place & KINDS["A"] for place in one.places)):
            found.setdefault(len(template.places), []).append(template)
    return Patterns(found, order)


def _meant(region: str, known: Mapping[str, object]) -> list[str]:
    meant = [name for name in known if name == region or name.startswith(f"{region}-")]
    if not meant:
        names = ", ".join(sorted(known))
        raise SettingsError([f"vision.plate_regions: no patterns of {region!r} are known; there are {names}"])
    return sorted(meant, key=lambda name: name != region)


@cache
def _ours() -> dict[str, list[Template]]:
    text = files(__package__).joinpath("patterns.yaml").read_text(encoding="utf-8")
    return read(text, "patterns.yaml")


def _of_file(file: Path) -> dict[str, list[Template]]:
    try:
        return read(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise SettingsError([f"vision.plate_patterns_file: {file}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f"{file}: byte {error.start + 1} is not UTF-8; save the file as UTF-8"]) from error


def read(text: str, name: str) -> dict[str, list[Template]]:
    """Return the templates of each region in the text of a file.

    Raises:
        SettingsError: it has faults; all are named, with their lines.
    """
    faults = yamlfile.Faults(name)
    document = yamlfile.compose(text, faults)
    found: dict[str, list[Template]] = {}
    if document is not None and not isinstance(document, yaml.MappingNode):
        faults.add(document, 'expected lines as `us-tx: ["AAA-9999"]`')
    for key, value in document.value if isinstance(document, yaml.MappingNode) else ():
        region = str(key.value)
        if not REGION.fullmatch(region):
            faults.add(key, f"{region}: expected a region as `de` or `us-tx`")
        elif region in found:
            faults.add(key, f"{region}: given a second time; keep one of them")
        found.setdefault(region, []).extend(_region_templates(region, value, faults))
    faults.raise_any()
    return found


def _region_templates(region: str, node: yaml.Node, faults: yamlfile.Faults) -> Iterator[Template]:
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        faults.add(node, f'{region}: expected a list of patterns as `["AAA-9999"]`')
        return
    for item in node.value:
        try:
            yield from templates(region, item.value if isinstance(item, yaml.ScalarNode) else "")
        except ValueError as error:
            faults.add(item, f"{region}: {error}")


def templates(region: str, pattern: str) -> list[Template]:
    """Return what a pattern stands for; raise ValueError where it is none."""
    parts, rare = [], pattern.startswith("~")
    at = int(rare)
    while at < len(pattern):
        match = PART.match(pattern, at)
        if match is None:
            raise ValueError(f"{pattern!r}: not understood from {pattern[at:]!r} on")
        parts.append(list(_choices(match)))
        at = match.end()
    count = 1
    for part in parts:
        count *= len(part)
    if count > MOST:
        raise ValueError(f"{pattern!r}: stands for {count} shapes; give at most {MOST}")
    found = [_template(region, choice, rare) for choice in product(*parts)]
    if not found or any(not SHORTEST <= len(one.places) <= LONGEST for one in found):
        raise ValueError(f"{pattern!r}: a plate has {SHORTEST} to {LONGEST} characters")
    return found


def _choices(match: re.Match[str]) -> Iterator[tuple[frozenset[str] | None, ...]]:
    """Yield what a part of a pattern may be: places, of which None is a gap."""
    kind, one_of, words, gap, least, most = match.groups()
    for times in range(int(least or 1), int(most or least or 1) + 1):
        if gap:
            yield (None,)
        elif words:
            for word in filter(None, words.split("|")):
                yield tuple(frozenset(one) for one in word) * times
        else:
            yield ((KINDS[kind] if kind else _class(one_of)),) * times


def _class(text: str) -> frozenset[str]:
    found = set(re.sub(r"[A-Z0-9]-[A-Z0-9]", "", text))
    for first, last in re.findall(r"([A-Z0-9])-([A-Z0-9])", text):
        found |= {chr(code) for code in range(ord(first), ord(last) + 1)}
    if not found or not found <= KINDS["*"]:
        raise ValueError(f"[{text}]: expected letters and digits, or ranges of them as [A-HJ-N]")
    return frozenset(found)


def _template(region: str, parts: Iterable[tuple[frozenset[str] | None, ...]], rare: bool) -> Template:
    places: list[frozenset[str]] = []
    gaps = set()
    for place in (one for part in parts for one in part):
        if place is None:
            gaps.add(len(places))
        else:
            places.append(place)
    return Template(region, tuple(places), frozenset(gaps), rare)


def _doubt(template: Template, gaps: frozenset[int]) -> float:
    return (OTHER_GAPS if gaps and template.gaps != gaps else 0.0) + (RARE if template.rare else 0.0)


def _cost(text: str, template: Template) -> float:
    cost = 0.0
    for one, place in zip(text, template.places, strict=True):
        if one not in place:
            cost += _nearest(one, place)[0]
            if cost > DEAREST:
                break
    return cost


@cache
def _nearest(one: str, place: frozenset[str]) -> tuple[float, str]:
    return min((unlike(one, other), other) for other in place)


def _said(text: str, template: Template) -> str:
    return "".join(
        one if one in place else _nearest(one, place)[1] for one, place in zip(text, template.places, strict=True)
    )
