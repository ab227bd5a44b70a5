"""Who finds things in pictures: what MQTT's requests need of a detector and of a reader of plates."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from imagehub.errors import ImagehubError


class Plate(NamedTuple):
    """A licence plate; the box is in pixels: left, top, right, bottom."""

    text: str
    region: str
    score: float
    box: tuple[int, int, int, int]


class Finder(Protocol):
    """Looks into pictures."""

    def objects(self, jpeg: bytes) -> Mapping[str, int]:
        """Return how many things of each label are in the picture; raise ImagehubError if that can't be told."""

    def plates(self, jpeg: bytes) -> Sequence[Plate]:
        """Return the plates in the picture, the surest first; raise ImagehubError if that can't be told."""


class NoFinder:
    """Stands where nobody looks into pictures, and says so."""

    def objects(self, jpeg: bytes) -> Mapping[str, int]:
        """Raise ImagehubError."""
        raise ImagehubError("this librarian does not detect objects")

    def plates(self, jpeg: bytes) -> Sequence[Plate]:
        """Raise ImagehubError."""
        raise ImagehubError("this librarian does not read licence plates")
