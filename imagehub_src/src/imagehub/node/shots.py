"""One image of a camera on its way out: drawn on and encoded when it is first sent, and not a second time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from imagehub.node.settings.settings import Look

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

Draw = Callable[["Pixels", Look, tuple[int, int], datetime], "Pixels"]
Encode = Callable[["Pixels", int, float], bytes]


@dataclass(frozen=True, slots=True)
class Finish:
    """How images become what is sent: what is drawn on them, and how they are encoded."""

    looks: tuple[Look, ...]
    draw: Draw
    encode: Encode
    quality: Callable[[], tuple[int, float]]
    """The JPEG quality (1 to 100) and the scale (1: as it is) that hold now."""


class Shot:
    """An image (rows, columns, 3; uint8), and when it was taken."""

    def __init__(self, image: "Pixels", taken: datetime, finish: Finish) -> None:
        self.taken = taken
        self._image = image
        self._finish = finish
        self._drawn: Pixels | None = None
        self._jpeg: bytes | None = None

    def drawn(self) -> "Pixels":
        """Return the image with all that the detectors' settings draw on it."""
        if self._drawn is None:
            height, width = self._image.shape[:2]
            drawn = self._image
            for look in self._finish.looks:
                drawn = self._finish.draw(drawn, look, (width, height), self.taken)
            self._drawn = drawn
        return self._drawn

    def jpeg(self) -> bytes:
        """Return the drawn image as JPEG."""
        if self._jpeg is None:
            self._jpeg = self._finish.encode(self.drawn(), *self._finish.quality())
        return self._jpeg
