"""Webcams (V4L2, USB) and cameras in the network (RTSP, HTTP), by OpenCV."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2

from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.cameras.grabbing import Capture, Grabbed, Grabber
from imagehub.node.cameras.shaping import shaped
from imagehub.node.cameras.times import NANOSECONDS, REAL, Clock
from imagehub.node.secrets import without_password

OPENING_SECONDS = 10.0
SILENT_SECONDS = 5.0
OLDEST_STAMP_NS = 2 * NANOSECONDS
FFMPEG_OPTIONS = "rtsp_transport;tcp"
FFMPEG_VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
DEVICES = Path("/sys/class/video4linux")

Opener = Callable[[Mode], Capture]


class CaptureCamera:
    """A camera behind a capture of OpenCV; pictures of another size than the mode's are brought to it."""

    live = True

    def __init__(self, name: str, opener: Opener, has_stamps: bool, clock: Clock = REAL) -> None:
        """With `has_stamps` the capture tells when the driver got a frame, in milliseconds of CLOCK_MONOTONIC."""
        self.name = name
        self._opener = opener
        self._has_stamps = has_stamps
        self._clock = clock
        self._mode = Mode()
        self._grabber: Grabber | None = None
        self._heard_ns = 0

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`. The camera begins when it can."""
        self.close()
        grabber = Grabber(lambda: self._opener(mode), self._clock)
        try:
            grabber.start(OPENING_SECONDS)
        except CameraError as error:
            raise CameraError(f"{self.name} can't be opened: {error}") from error
        self._mode, self._grabber, self._heard_ns = mode, grabber, self._clock.monotonic_ns()

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`. A camera that is silent for `SILENT_SECONDS` is lost."""
        if self._grabber is None:
            raise CameraError(f"{self.name} is not open")
        try:
            grabbed = self._grabber.next(timeout_seconds)
        except CameraError as error:
            raise CameraLostError(f"{self.name} is gone: {error}") from error
        now = self._clock.monotonic_ns()
        if grabbed is not None:
            self._heard_ns = now
            return self._frame(grabbed)
        if now - self._heard_ns > SILENT_SECONDS * NANOSECONDS:
            raise CameraLostError(f"{self.name} is silent for {(now - self._heard_ns) / NANOSECONDS:.0f} s")
        return None

    def close(self) -> None:
        """See `Camera.close`."""
        if self._grabber is not None:
            self._grabber.end()
            self._grabber = None

    def _frame(self, grabbed: Grabbed) -> Frame:
        sensor_ns = self._stamp(grabbed)
        wall_ns = sensor_ns + self._clock.wall_minus_boot_ns()
        return Frame(shaped(grabbed.pixels, self._mode), grabbed.number, sensor_ns, wall_ns)

    def _stamp(self, grabbed: Grabbed) -> int:
        """Return the driver's stamp where it is a recent instant of CLOCK_MONOTONIC, else when the frame arrived."""
        stamp = round(grabbed.position_ms * 1_000_000) + self._clock.boot_minus_monotonic_ns()
        if self._has_stamps and 0 <= grabbed.arrived_boot_ns - stamp < OLDEST_STAMP_NS:
            return stamp
        return grabbed.arrived_boot_ns


def webcam(device: str, name: str = "", clock: Clock = REAL) -> CaptureCamera:
    """Return the camera of a device, such as /dev/video0 or /dev/v4l/by-id/usb-... (the same one in any socket)."""
    return CaptureCamera(name or device, lambda mode: _opened_device(device, mode), True, clock)


def network_camera(address: str, name: str = "", clock: Clock = REAL) -> CaptureCamera:
    """Return the camera at an rtsp:// or http:// address; no text of it shows the password in there."""
    return CaptureCamera(name or without_password(address), lambda mode: _opened_address(address), False, clock)


def devices() -> list[str]:
    """Return the video devices of this machine with their names, such as `/dev/video0 (HD Webcam)`."""
    found = sorted(DEVICES.glob("video*"), key=lambda each: int(each.name.removeprefix("video")))
    return [f"/dev/{each.name} ({(each / 'name').read_text().strip()})" for each in found]


def _opened_device(device: str, mode: Mode) -> Capture:
    if not Path(device).exists():
        raise CameraError(f"there is no {device}; there is {', '.join(devices()) or 'no video device'}")
    capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
    if not capture.isOpened():
        raise CameraError(f"{device} gives no pictures: does another program use it, and is this user in group video?")
    if "fourcc" in mode.controls:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*str(mode.controls["fourcc"])[:4].ljust(4)))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.resolution[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.resolution[1])
    capture.set(cv2.CAP_PROP_FPS, mode.framerate)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _opened_address(address: str) -> Capture:
    os.environ.setdefault(FFMPEG_VARIABLE, FFMPEG_OPTIONS)  # whoever knows better has set it
    # A camera that is silent is given up before FFmpeg does so: that gives out an old frame first, and waits again.
    opening, reading = round(SILENT_SECONDS * 1000), round(SILENT_SECONDS * 2000)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, opening, cv2.CAP_PROP_READ_TIMEOUT_MSEC, reading]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        raise CameraError("no answer, or no video: are address, user and password right, and is it on?")
    return capture
