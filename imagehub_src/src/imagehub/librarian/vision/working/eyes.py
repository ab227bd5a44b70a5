"""What a worker looks with: the detector at once, the reader of plates when the first vehicle is there."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from imagehub.librarian.settings import Settings
from imagehub.librarian.vision import plates
from imagehub.librarian.vision.detecting import detector
from imagehub.librarian.vision.looking.look import Look
from imagehub.librarian.vision.seeing import PlateReader

if TYPE_CHECKING:
    from imagehub.librarian.vision.looking.look import Seen


class Eyes:
    """The models of one worker.

    Raises, when it is made:
        ImagehubError: the model or what it needs is not installed; says what to do.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        found = detector.load(settings)
        self.model = found.model
        self._look = Look(found, settings.vision)

    def at(self, jpeg: bytes, before: Sequence[bytes], tiles: bool) -> "Seen":
        """Return what is in an image.

        Raises:
            PictureError: it can't be looked at.
        """
        return self._look.at(jpeg, before, tiles)

    @cached_property
    def reader(self) -> PlateReader:
        """Who reads plates; raises ImagehubError where that can't be done."""
        return plates.reader(self._settings)
