"""Cameras that play pictures from files, in real time and at the mode's framerate."""

from typing import TYPE_CHECKING, Protocol

from imagehub.node.cameras.camera import CameraError, Frame, Mode
from imagehub.node.cameras.pace import Pace
from imagehub.node.cameras.shaping import shaped
from imagehub.node.cameras.times import REAL, Clock

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels


class Pictures(Protocol):
    """Pictures that are asked for in the order of their numbers, some left out; `name` is for people."""

    name: str

    def open(self) -> None:
        """Go to the first picture. Raises CameraError where there is none."""

    def picture(self, number: int) -> "Pixels":
        """Return picture `number`, counted from 0, as (rows, columns, 3). Raises EndOfFramesError after the last."""

    def close(self) -> None:
        """Give files free."""


class PlayingCamera:
    """Plays pictures as if a sensor took them; a reader that is late misses some, and sees a gap in their numbers."""

    live = False
    punctual = True  # its first frame is taken at the instant that `open` is given

    def __init__(self, pictures: Pictures, name: str = "", clock: Clock = REAL) -> None:
        self.name = name or pictures.name
        self._pictures = pictures
        self._clock = clock
        self._mode = Mode()
        self._pace: Pace | None = None

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`."""
        self._pictures.open()
        self._mode = mode
        self._pace = Pace(mode.framerate, first_frame_ns, self._clock)

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`."""
        if self._pace is None:
            raise CameraError(f"{self.name} is not open")
        instant = self._pace.next(timeout_seconds)
        if instant is None:
            return None
        pixels = shaped(self._pictures.picture(instant.number), self._mode)
        return Frame(pixels, instant.number, instant.sensor_ns, instant.wall_ns)

    def close(self) -> None:
        """See `Camera.close`."""
        self._pictures.close()
        self._pace = None
