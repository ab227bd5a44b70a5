"""Cameras behind OpenCV: their stamps, gaps and losses, without a device."""

import queue
import threading
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from imagehub.node.cameras import capture, painted
from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.cameras.capture import CaptureCamera, devices, network_camera, webcam
from imagehub.node.cameras.grabbing import KEPT_FRAMES
from passing_time import PassingTime
from running import until

MODE = Mode((160, 120), 30)


class Wire:
    """A capture whose pictures a test puts in; None is a failed read."""

    def __init__(self) -> None:
        self.pictures: queue.Queue[Any] = queue.Queue()
        self.position_ms = 0.0
        self.released = threading.Event()
        self.read_ones = 0

    def read(self) -> tuple[bool, Any]:
        """Wait for a picture."""
        pixels = self.pictures.get()
        self.read_ones += 1
        return pixels is not None, pixels

    def get(self, property_: int, /) -> float:
        """Return the position in time; nothing else is asked for."""
        assert property_ == cv2.CAP_PROP_POS_MSEC
        return self.position_ms

    def release(self) -> None:
        """Note it."""
        self.released.set()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Yield a capture that ends with the test."""
    wire = Wire()
    yield wire
    wire.pictures.put(None)


@pytest.fixture
def time() -> PassingTime:
    """Return time that passes by the test's word."""
    return PassingTime()


def opened(wire: Wire, time: PassingTime, mode: Mode = MODE, has_stamps: bool = True) -> CaptureCamera:
    """Return an open camera behind this capture."""
    camera = CaptureCamera("cam", lambda _: wire, has_stamps, time.clock)
    camera.open(mode)
    return camera


def picture(number: int = 1) -> np.ndarray:
    """Return a painted picture."""
    return painted.paint(number, 0, (160, 120))


def frame_of(camera: CaptureCamera) -> Frame:
    """Return the next frame."""
    return until(lambda: camera.read(1), "a frame")


def test_the_drivers_stamp_is_the_frames_instant(wire: Wire, time: PassingTime) -> None:
    """V4L2 tells when it got a frame, by CLOCK_MONOTONIC."""
    camera = opened(wire, time)
    wire.position_ms = time.boot_ns / 1e6 - 25
    wire.pictures.put(picture())
    frame = frame_of(camera)
    assert frame.sensor_ns == time.boot_ns - 25_000_000
    assert frame.wall_ns == time.wall_ns - 25_000_000


@pytest.mark.parametrize("position_ms", [0.0, 40.0, 10_000_000.0])
def test_what_is_no_stamp_is_not_taken_for_one(wire: Wire, time: PassingTime, position_ms: float) -> None:
    """The frame's instant is that of its arrival then."""
    camera = opened(wire, time)
    wire.position_ms = position_ms
    wire.pictures.put(picture())
    assert frame_of(camera).sensor_ns == time.boot_ns


def test_a_network_cameras_frames_are_dated_by_their_arrival(wire: Wire, time: PassingTime) -> None:
    """Their position in the stream is no instant of this machine."""
    camera = opened(wire, time, has_stamps=False)
    wire.position_ms = time.boot_ns / 1e6 - 25
    wire.pictures.put(picture())
    assert frame_of(camera).sensor_ns == time.boot_ns


def test_pictures_get_the_modes_size_and_way_up(wire: Wire, time: PassingTime) -> None:
    """Whatever the camera gives."""
    camera = opened(wire, time, Mode((80, 60), 30, hflip=True))
    wire.pictures.put(np.tile(np.array([0, 200], np.uint8).repeat(80)[None, :, None], (120, 1, 3)))
    frame = frame_of(camera)
    assert frame.pixels.shape == (60, 80, 3)
    assert frame.pixels[30, 5].tolist() == [200, 200, 200]


def test_what_a_late_reader_missed_is_a_gap(wire: Wire, time: PassingTime) -> None:
    """The newest frames are kept."""
    camera = opened(wire, time)
    for number in range(KEPT_FRAMES + 3):
        wire.pictures.put(picture(number))
    until(lambda: wire.read_ones == KEPT_FRAMES + 3 and len(camera._grabber._kept) == KEPT_FRAMES, "it")  # type: ignore[union-attr]
    until(lambda: camera._grabber._kept[-1].number == KEPT_FRAMES + 2, "the newest")  # type: ignore[union-attr]
    assert [frame_of(camera).number for _ in range(KEPT_FRAMES)] == list(range(3, KEPT_FRAMES + 3))


def test_a_camera_whose_plug_is_pulled_is_lost(wire: Wire, time: PassingTime) -> None:
    """After the frames that came before."""
    camera = opened(wire, time)
    wire.pictures.put(picture())
    wire.pictures.put(None)
    frame_of(camera)
    with pytest.raises(CameraLostError, match="cam is gone"):
        camera.read(5)
    assert wire.released.wait(5)


def test_a_camera_that_hangs_is_lost_and_holds_up_nobody(wire: Wire, time: PassingTime) -> None:
    """OpenCV may wait for ever: the reader doesn't."""
    camera = opened(wire, time)
    assert camera.read(0) is None
    time.pass_(6)
    with pytest.raises(CameraLostError, match="silent for 6 s"):
        camera.read(0)


def test_whatever_opencv_raises_is_a_loss(wire: Wire, time: PassingTime) -> None:
    """Its words are in the text."""
    camera = opened(wire, time)
    wire.pictures.put("no picture")
    with pytest.raises(CameraLostError, match="OpenCV failed"):
        camera.read(5)


def test_a_device_that_is_not_there_is_named_with_those_that_are(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system lists them."""
    monkeypatch.setattr(capture, "DEVICES", tmp_path)
    with pytest.raises(CameraError, match="there is no /dev/video97; there is no video device"):
        webcam("/dev/video97").open(MODE)
    for number, name in ((10, "pispbe"), (2, "HD Webcam")):
        (tmp_path / f"video{number}").mkdir()
        (tmp_path / f"video{number}" / "name").write_text(f"{name}\n")
    assert devices() == ["/dev/video2 (HD Webcam)", "/dev/video10 (pispbe)"]
    with pytest.raises(CameraError, match=r"there is /dev/video2 \(HD Webcam\), /dev/video10 \(pispbe\)"):
        webcam("/dev/video97").open(MODE)


def test_a_device_that_is_no_camera_is_refused() -> None:
    """The text says what may be the reason."""
    with pytest.raises(CameraError, match=r"/dev/null gives no pictures"):
        webcam("/dev/null").open(MODE)


def test_an_address_where_nobody_answers_is_refused_without_its_password() -> None:
    """Nothing listens at the port."""
    with pytest.raises(CameraError) as refused:
        network_camera("http://user:secret@127.0.0.1:9/stream").open(MODE)
    assert "secret" not in str(refused.value)
    assert "no answer" in str(refused.value)


def test_a_camera_that_is_not_open_says_so() -> None:
    """Reading it is a mistake."""
    with pytest.raises(CameraError, match="not open"):
        webcam("/dev/video0").read(0)
