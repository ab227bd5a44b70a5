"""Who finds things in images: what MQTT's requests need of a detector and of a reader of plates."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.asking import Plate


class Finder(Protocol):
    """Looks into images of the catalog."""

    def objects(self, image_id: int) -> Mapping[str, int]:
        """Return how many things of each label are in an image; raise ImagehubError if that can't be told."""

    def plates(self, image_id: int) -> Sequence[Plate]:
        """Return the plates in an image, the surest first; raise ImagehubError if that can't be told."""


class NoFinder:
    """Stands where nobody looks into images, and says so."""

    def objects(self, image_id: int) -> Mapping[str, int]:
        """Raise ImagehubError."""
        raise ImagehubError("this librarian does not detect objects")

    def plates(self, image_id: int) -> Sequence[Plate]:
        """Raise ImagehubError."""
        raise ImagehubError("this librarian does not read licence plates")
