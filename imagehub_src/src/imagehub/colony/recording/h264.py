"""Pictures to H.264, one packet for each, so that what was encoded can be played whatever happens next.

The stream is Annex B of ITU-T H.264: headers stand before each keyframe, of which there is one a second, and no
picture refers to a later one. It is encoded on the caller's thread: a machine with many cameras has no use for more.
"""

from fractions import Fraction
from typing import TYPE_CHECKING

from imagehub.colony.recording.errors import RecordingError
from imagehub.errors import MissingExtraError

try:
    import av
except ImportError:
    raise MissingExtraError("recording video", "colony") from None

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

QUALITY = 23  # what RPi Camera Colony asked its encoder for; x264's constant rate factor has the same scale
KEYFRAME_NS = 1_000_000_000
MICROSECONDS = Fraction(1, 1_000_000)
# x264's `veryfast` halves the bytes of `ultrafast` for twice its work: more than this it gets no time for on a small
# machine (640x480 at 40 frames a second).
PIXELS_A_SECOND_FOR_VERYFAST = 640 * 480 * 40


def preset(resolution: tuple[int, int], framerate: float) -> str:
    """Return the preset of x264 that a Raspberry Pi keeps up with."""
    width, height = resolution
    return "veryfast" if width * height * framerate <= PIXELS_A_SECOND_FOR_VERYFAST else "ultrafast"


class Encoder:
    """Encodes pictures of one resolution, (width, height), both even."""

    def __init__(self, resolution: tuple[int, int], framerate: float, quality: int = QUALITY) -> None:
        """`quality` is x264's constant rate factor, 0 (lossless) to 51.

        Raises:
            RecordingError: the resolution can't be encoded.
        """
        width, height = resolution
        if width % 2 or height % 2 or min(resolution) < 16:
            raise RecordingError(f"can't record {width}x{height} as H.264: both numbers must be even and 16 at least")
        self.preset = preset(resolution, framerate)
        self._resolution = resolution
        self._context = _context(resolution, framerate, quality, self.preset)
        self._first_ns: int | None = None
        self._keyframe_ns = 0
        self._half_frame_ns = round(500_000_000 / framerate)
        self._last = -1

    def encode(self, pixels: "Pixels", sensor_ns: int) -> bytes:
        """Return the packet of a picture, uint8 (rows, columns, 3) in BGR; `sensor_ns` says when a keyframe is due.

        Raises:
            RecordingError: the picture has another size than the others, or can't be encoded.
        """
        rows, columns = pixels.shape[:2]
        if (columns, rows) != self._resolution:
            width, height = self._resolution
            raise RecordingError(
                f"the camera gave a picture of {columns}x{rows} within a recording of {width}x{height}"
            )
        try:
            return b"".join(bytes(packet) for packet in self._context.encode(self._picture(pixels, sensor_ns)))
        except av.FFmpegError as error:
            raise RecordingError(f"x264 can't encode the picture: {error}") from None

    def _picture(self, pixels: "Pixels", sensor_ns: int) -> "av.VideoFrame":
        picture = av.VideoFrame.from_ndarray(pixels, format="bgr24")
        if self._first_ns is None:
            self._first_ns = self._keyframe_ns = sensor_ns
        elif sensor_ns - self._keyframe_ns >= KEYFRAME_NS - self._half_frame_ns:
            picture.pict_type = av.video.frame.PictureType.I
            self._keyframe_ns = sensor_ns
        self._last = max(self._last + 1, (sensor_ns - self._first_ns) // 1000)
        picture.pts = self._last
        return picture


def _context(
    resolution: tuple[int, int], framerate: float, quality: int, speed: str
) -> "av.video.codeccontext.VideoCodecContext":
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.video.codeccontext.VideoCodecContext)
    context.width, context.height = resolution
    context.pix_fmt = "yuv420p"
    context.time_base = MICROSECONDS
    context.framerate = Fraction(framerate).limit_denominator(1000)
    context.thread_count = 1
    context.options = {
        "preset": speed,
        "tune": "zerolatency",
        "crf": str(quality),
        "forced-idr": "1",
        "x264-params": "keyint=infinite:scenecut=0:bframes=0:sliced-threads=0",
    }
    return context
