"""What all cameras have in common: their frames, the mode that they run in, and what can go wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from imagehub.errors import ImagehubError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


class CameraError(ImagehubError):
    """A camera can't be opened or used; the text names it, and says how to mend it."""


class CameraLostError(CameraError):
    """A camera that worked is gone, such as one whose plug was pulled."""


class EndOfFramesError(CameraError):
    """A video file or folder that is not repeated has no more frames."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How a camera shall run: `resolution` is (width, height) in pixels, `framerate` frames a second.

    `controls` are further settings under picamera's names (`brightness`, `iso`, `exposure_mode`, ...), in picamera's
    ranges; a camera takes those that it knows.
    """

    resolution: tuple[int, int] = (320, 240)
    framerate: float = 32
    vflip: bool = False
    hflip: bool = False
    controls: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: `pixels` is uint8, (rows, columns, 3), blue, green, red; nobody changes it in place.

    `number` counts the sensor's frames from 0 at `Camera.open`: a gap is a frame that never arrived. `sensor_ns` is
    when the sensor began the frame, in nanoseconds of CLOCK_BOOTTIME; `wall_ns` is the same instant in nanoseconds
    since 1970 by this machine's clock. Where the camera tells no instant of its own both are those of its arrival.
    """

    pixels: "Pixels"
    number: int
    sensor_ns: int
    wall_ns: int


class Camera(Protocol):
    """A source of frames; one thread uses it at a time. It may be opened again after `close`, in another mode."""

    name: str

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """Start it. `first_frame_ns` (since 1970, this machine's clock) is when the first frame shall be taken.

        Cameras whose frames this program makes keep to that; others start as soon as they can, and their frames
        tell when.

        Raises:
            CameraError: there is no such camera, or it can't run so.
        """

    def read(self, timeout_seconds: float) -> Frame | None:
        """Return the next frame; None where none came in time.

        Raises:
            CameraLostError: the camera is gone; `open` may find it again.
            EndOfFramesError: there are no more.
        """

    def close(self) -> None:
        """Give the camera free; one that is not open stays so."""
