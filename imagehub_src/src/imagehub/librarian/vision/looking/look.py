"""A look at an image: as a whole, and closer where something moved or everywhere."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from imagehub.librarian.settings import Vision
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.looking import parts
from imagehub.librarian.vision.looking.changes import changes
from imagehub.librarian.vision.looking.decoding import decode, glance
from imagehub.librarian.vision.looking.merging import WHOLE, merged
from imagehub.librarian.vision.seeing import Detector, PictureError, Thing

if TYPE_CHECKING:
    from imagehub.librarian.vision.looking.decoding import Grey
    from imagehub.librarian.vision.seeing import Picture


class Seen(NamedTuple):
    """A picture and what is in it, the surest first."""

    picture: "Picture"
    things: list[Thing]


class Look:
    """Looks into images with a detector."""

    def __init__(self, detector: Detector, settings: Vision) -> None:
        self._detector = detector
        self._settings = settings

    def at(self, jpeg: bytes, before: Sequence[bytes], tiles: bool) -> Seen:
        """Return what is in an image; `before` are the camera's last ones, `tiles` has all of it looked at closely.

        Raises:
            PictureError: the image can't be looked at. One before it that can't be does not matter.
        """
        picture = decode(jpeg, self._settings)
        looked_at = [WHOLE, *self._parts(picture, jpeg, before, tiles)]
        found = self._detector.detect([_part(picture, part) for part in looked_at])
        return Seen(picture, merged(zip(looked_at, found, strict=True)))

    def _parts(self, picture: "Picture", jpeg: bytes, before: Sequence[bytes], tiles: bool) -> list[Box]:
        height, width = picture.shape[:2]
        closer = parts.tiles(width, height) if tiles else []
        if before and self._settings.crops:
            changed = changes(glance(jpeg, self._settings), list(self._glances(before)))
            closer += parts.crops(changed, width, height, self._settings.crops)
        return closer

    def _glances(self, before: Sequence[bytes]) -> "Iterator[Grey]":
        for jpeg in before:
            try:
                yield glance(jpeg, self._settings)
            except PictureError:
                continue


def _part(picture: "Picture", part: Box) -> "Picture":
    height, width = picture.shape[:2]
    left, top = round(part.left * width), round(part.top * height)
    return picture[top : round((part.top + part.height) * height), left : round((part.left + part.width) * width)]
