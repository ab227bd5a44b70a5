"""Recording a ribbon camera with the Raspberry Pi's own encoder, as picamera2 drives it.

The encoder takes the camera's buffers where they are, so that no picture is copied: a Pi records in this way what its
processor could not encode. On a Pi 5, which has no such hardware, picamera2 encodes with x264.
"""

import logging
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol, cast

from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.h264 import QUALITY
from imagehub.colony.recording.queueing import Packet
from imagehub.colony.recording.timestamps import Instant
from imagehub.node.cameras.times import NANOSECONDS

METADATA_SECONDS = 5.0
HELD = ("ExposureTime", "AnalogueGain", "ColourGains")

_log = logging.getLogger(__name__)


class RibbonCamera(Protocol):
    """A camera that picamera2 runs; `native` is its Picamera2 object while it is open."""

    @property
    def native(self) -> Any:
        """Return the object."""


def as_ribbon(camera: Any) -> RibbonCamera | None:
    """Return a camera that is open as one of picamera2, None where it is another."""
    return cast("RibbonCamera", camera) if hasattr(type(camera), "native") else None


def hold_exposure(camera: RibbonCamera) -> None:
    """Keep exposure and colours as they are now: a recording must not change when somebody walks past.

    What the camera does not tell, or has no control for, is left as it is.
    """
    try:
        request = camera.native.capture_request(wait=METADATA_SECONDS)
    except TimeoutError:
        _log.warning("The camera gave no frame to hold its exposure by; it stays automatic.")
        return
    try:
        now = request.get_metadata()
    finally:
        request.release()
    known = camera.native.camera_controls
    held = {name: now[name] for name in HELD if name in now and name in known}
    if held:
        automatic = {name: False for name in ("AeEnable", "AwbEnable") if name in known}
        try:
            camera.native.set_controls(automatic | held)
        except RuntimeError as error:
            _log.warning("The camera's exposure can't be held, and stays automatic: %s", error)


class RibbonEncoding:
    """Encodes frames of a ribbon camera from one instant to another, and gives each packet to `take`.

    `take` is called on picamera2's thread and must not wait.
    """

    def __init__(
        self, camera: RibbonCamera, framerate: float, take: Callable[[Packet], None], quality: int = QUALITY
    ) -> None:
        self._quality = quality
        self._native = camera.native
        self._framerate = framerate
        self._take = take
        self._encoder: Any = None
        self._last: tuple[int, int] | None = None
        self._wall_minus_sensor_ns = 0

    def start(self, first_sensor_ns: int, until_sensor_ns: int, wall_minus_sensor_ns: int) -> None:
        """Encode frames that the sensor takes in this time, by its own clock.

        Raises:
            RecordingError: the encoder can't run.
        """
        self._wall_minus_sensor_ns = wall_minus_sensor_ns
        try:
            self._encoder = _encoder(self._framerate, first_sensor_ns, until_sensor_ns, self._quality)
            self._native.start_encoder(self._encoder, _output(self._packet))
        except (ImportError, OSError, RuntimeError) as error:
            self._encoder = None
            raise RecordingError(f"the Raspberry Pi's video encoder can't run: {error}") from None

    def stop(self) -> None:
        """Encode no more; all packets were given to `take` when it returns."""
        if self._encoder is not None:
            self._native.stop_encoder(self._encoder)
            self._encoder = None

    def _packet(self, h264: bytes, keyframe: bool, timestamp_us: int) -> None:
        # picamera2 counts from the first frame that was encoded.
        sensor_ns = (self._encoder.began_us + timestamp_us) * 1000
        instant = Instant(self._number(sensor_ns), sensor_ns, sensor_ns + self._wall_minus_sensor_ns)
        self._take(Packet(instant, bytes(h264), keyframe))

    def _number(self, sensor_ns: int) -> int:
        """Return the frame's number: a gap in time of so many frames is one of so many numbers."""
        number = 0
        if self._last is not None:
            steps = round((sensor_ns - self._last[1]) * self._framerate / NANOSECONDS)
            number = self._last[0] + max(1, steps)
        self._last = (number, sensor_ns)
        return number


def _encoder(framerate: float, first_sensor_ns: int, until_sensor_ns: int, quality: int) -> Any:
    from picamera2.encoders import H264Encoder

    class Punctual(H264Encoder):  # type: ignore[misc]
        """Encodes only the frames of a time; the first of them begins the stream with a keyframe."""

        began_us: int | None = None

        def encode(self, stream: Any, request: Any) -> None:
            """See `Encoder.encode`."""
            sensor_ns = int(request.get_metadata()["SensorTimestamp"])
            if first_sensor_ns <= sensor_ns < until_sensor_ns:
                self.began_us = self.began_us or sensor_ns // 1000
                super().encode(stream, request)

    # With x264, as on a Pi 5, picamera2 wants no float.
    rate = Fraction(framerate).limit_denominator(1000)
    return Punctual(repeat=True, iperiod=max(1, round(framerate)), framerate=rate, qp=quality)


def _output(take: Callable[[bytes, bool, int], None]) -> Any:
    from picamera2.outputs import Output

    class Packets(Output):  # type: ignore[misc]
        """Hands packets on."""

        def outputframe(
            self,
            frame: Any,
            keyframe: bool = True,
            timestamp: int | None = None,
            packet: Any = None,
            audio: bool = False,
        ) -> None:
            """See `Output.outputframe`."""
            if self.recording and not audio:
                take(frame, keyframe, timestamp or 0)

    return Packets()
