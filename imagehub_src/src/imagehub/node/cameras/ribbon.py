"""Camera modules on the ribbon cable of a Raspberry Pi, by picamera2 and libcamera."""

import logging
from collections.abc import Mapping
from typing import Any

from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.cameras.controls import Translation, translated
from imagehub.node.cameras.times import NANOSECONDS, REAL, Clock

LOST_AFTER_SECONDS = 5.0
HOW_TO_GET_IT = (
    "the camera needs picamera2: apt-get install python3-picamera2; a virtual environment sees it only if it was made "
    "with --system-site-packages"
)
_log = logging.getLogger(__name__)


class RibbonCamera:
    """Camera module `number` of this Pi, as `rpicam-hello --list-cameras` counts them."""

    live = True

    def __init__(
        self, number: int = 0, name: str = "", lores: tuple[int, int] | None = None, clock: Clock = REAL
    ) -> None:
        """`lores` is the size of a second stream (YUV420), for whoever takes it from `native`."""
        self.name = name or f"picamera2:{number}"
        self._number = number
        self._lores = lores
        self._clock = clock
        self._native: Any = None
        self._job: Any = None
        self._quiet_since_ns = self._lost_after_ns = 0
        self._last: tuple[int, int] | None = None  # number and instant of the newest frame

    @property
    def native(self) -> Any:
        """The Picamera2 object while the camera is open; it can have encoders beside the frames that are read."""
        if self._native is None:
            raise CameraError(f"{self.name} is not open")
        return self._native

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`. The sensor begins when it can."""
        self.close()
        package, libcamera = _packages()
        self._native = self._found(package.Picamera2)
        try:
            self._start(mode, libcamera)
        except CameraError:
            self.close()
            raise
        except (RuntimeError, ValueError, TypeError) as error:
            self.close()
            raise CameraError(
                f"{self.name} can't run with {mode.resolution}, {mode.framerate:g} a second: {error}"
            ) from error
        self._quiet_since_ns = self._clock.monotonic_ns()
        self._lost_after_ns = round(max(LOST_AFTER_SECONDS, 4 / mode.framerate) * NANOSECONDS)

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`."""
        if self._job is None:
            self._job = self.native.capture_request(wait=False)
        try:
            request = self._job.get_result(timeout=timeout_seconds)
        except TimeoutError:
            self._be_lost_after_a_while()
            return None
        except RuntimeError as error:
            raise CameraLostError(f"{self.name} is gone: {error}") from error
        self._job = None
        self._quiet_since_ns = self._clock.monotonic_ns()
        try:
            return self._frame(request)
        finally:
            request.release()

    def close(self) -> None:
        """See `Camera.close`."""
        native, self._native, self._job, self._last = self._native, None, None, None
        if native is None:
            return
        try:
            native.cancel_all_and_flush()  # a job that no frame ends would let `close` wait for ever
            native.close()
        except RuntimeError:
            _log.warning("%s could not be closed in order", self.name, exc_info=True)

    def _found(self, picamera2: Any) -> Any:
        models = [each["Model"] for each in picamera2.global_camera_info()]
        if self._number >= len(models):
            there = ", ".join(f"{number}: {model}" for number, model in enumerate(models)) or "no camera"
            raise CameraError(
                f"{self.name}: no camera module {self._number}; there is {there}. Does the ribbon sit well?"
            )
        try:
            return picamera2(self._number)
        except RuntimeError as error:
            raise CameraError(f"{self.name} can't be opened ({error}): does another program use it?") from error

    def _start(self, mode: Mode, libcamera: Any) -> None:
        done = translated(mode.controls, None)
        flip = {"hflip": mode.hflip != done.upside_down, "vflip": mode.vflip != done.upside_down}
        microseconds = round(1_000_000 / mode.framerate)
        configuration = self._native.create_video_configuration(
            main={"format": "RGB888", "size": mode.resolution},  # libcamera's name for blue, green, red in memory
            lores=None if self._lores is None else {"size": self._lores},
            transform=libcamera.Transform(**flip),
            controls={"FrameDurationLimits": (microseconds, microseconds)},
        )
        self._native.configure(configuration)
        self._set(translated(mode.controls, self._whole_sensor()))
        self._native.start()

    def _whole_sensor(self) -> tuple[int, int, int, int] | None:
        """Return the largest crop; it is known once a configuration has chosen a mode of the sensor."""
        limits = self._native.camera_controls.get("ScalerCrop")
        return None if limits is None else tuple(limits[1])

    def _set(self, done: Translation) -> None:
        known = self._native.camera_controls
        left_out = dict(done.left_out) | {
            name: "is no control of this one" for name in done.controls if name not in known
        }
        if left_out:
            _log.warning("%s: left out %s", self.name, "; ".join(f"{name} ({why})" for name, why in left_out.items()))
        self._native.set_controls({name: value for name, value in done.controls.items() if name in known})

    def _frame(self, request: Any) -> Frame:
        metadata = request.get_metadata()
        sensor_ns = int(metadata.get("SensorTimestamp") or self._clock.boot_ns())
        number = self._numbered(sensor_ns, metadata)
        pixels = request.make_array("main")
        return Frame(pixels, number, sensor_ns, sensor_ns + self._clock.wall_minus_boot_ns())

    def _numbered(self, sensor_ns: int, metadata: Mapping[str, Any]) -> int:
        """Return the frame's number: frames that were never got leave as many gaps as fit between the instants."""
        number = 0
        if self._last is not None:
            duration_ns = 1000 * int(metadata.get("FrameDuration") or 0)
            steps = round((sensor_ns - self._last[1]) / duration_ns) if duration_ns else 1
            number = self._last[0] + max(1, steps)
        self._last = (number, sensor_ns)
        return number

    def _be_lost_after_a_while(self) -> None:
        quiet_ns = self._clock.monotonic_ns() - self._quiet_since_ns
        if quiet_ns > self._lost_after_ns:
            raise CameraLostError(
                f"{self.name} gave no frame for {quiet_ns / NANOSECONDS:.0f} s: does its ribbon sit well?"
            )


def _packages() -> tuple[Any, Any]:
    try:
        import libcamera
        import picamera2
    except ImportError as error:
        raise CameraError(f"{HOW_TO_GET_IT} ({error})") from None
    return picamera2, libcamera
