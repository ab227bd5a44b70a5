"""What those who look into pictures give and take."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.box import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # Rows, columns, and blue, green and red of each pixel, from 0 to 255.
    Picture = NDArray[np.uint8]

# Detectors tell nothing that is less sure; what counts is decided by thresholds.
LEAST = 0.2


class PictureError(ImagehubError):
    """A picture can't be looked at, now or ever; says why."""


class Model(NamedTuple):
    """A detector or a reader in one version; `digest` is the SHA-256 of its file, as hexadecimal digits, or empty."""

    name: str
    version: str
    digest: str


class Thing(NamedTuple):
    """An object in a picture; the score is from 0 to 1."""

    label: str
    score: float
    box: Box


class Reading(NamedTuple):
    """A licence plate in a picture: its text as capital letters and digits, and its region, empty if not known."""

    text: str
    region: str
    score: float
    box: Box


class ImageRow(NamedTuple):
    """An image of the catalog that is looked into."""

    id: int
    camera_id: int
    time_us: int
    path: str
    day: str


class Detector(Protocol):
    """Finds objects."""

    model: Model

    def detect(self, pictures: "Sequence[Picture]") -> list[list[Thing]]:
        """Return what is in each of the pictures, with scores of at least LEAST, the surest first."""


class PlateReader(Protocol):
    """Reads licence plates."""

    model: Model

    def read(self, picture: "Picture", vehicles: Sequence[Box]) -> list[Reading]:
        """Return the plates of vehicles; boxes are in the whole picture.

        Raises:
            ImagehubError: the plates can't be read now.
        """
