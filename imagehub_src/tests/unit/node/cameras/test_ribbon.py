"""Camera modules by picamera2: their frames, instants and gaps, and what is said where they can't be had."""

import logging
import sys

import pytest

import fake_picamera2
from fake_picamera2 import Rig, Transform
from imagehub.node.cameras import painted
from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.cameras.ribbon import RibbonCamera
from passing_time import PassingTime

MODE = Mode((320, 240), 50)
PERIOD = 20_000_000


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Return the cameras of a Pi that is pretended."""
    return fake_picamera2.install(monkeypatch)


@pytest.fixture
def time() -> PassingTime:
    """Return time that passes by the test's word."""
    return PassingTime()


def shot(camera: RibbonCamera, sensor_ns: int) -> Frame:
    """Return the frame that the sensor took at this instant."""
    camera.native.shoot(sensor_ns)
    frame = camera.read(1)
    assert frame is not None
    return frame


def test_a_frame_has_the_sensors_instant(rig: Rig, time: PassingTime) -> None:
    """Since the boot as the sensor told it, and since 1970 by the machine's clocks of now."""
    camera = RibbonCamera(clock=time.clock)
    camera.open(MODE)
    frame = shot(camera, time.boot_ns - 7_000_000)
    assert (frame.number, frame.sensor_ns, frame.wall_ns) == (0, time.boot_ns - 7_000_000, time.wall_ns - 7_000_000)
    assert frame.pixels.shape == (240, 320, 3)
    assert painted.read_strip(frame.pixels) is not None


def test_a_frame_that_was_never_got_is_a_gap(rig: Rig) -> None:
    """The instants tell how many there were, however they jitter."""
    camera = RibbonCamera()
    camera.open(MODE)
    instants = [0, 1.1, 2, 5, 5.9, 7]
    assert [shot(camera, round(10**12 + k * PERIOD)).number for k in instants] == [0, 1, 2, 5, 6, 7]


def test_a_sensor_slower_than_was_asked_has_no_gaps(rig: Rig) -> None:
    """Each frame tells how long it took."""
    camera = RibbonCamera()
    camera.open(MODE)
    for number in range(3):
        camera.native.shoot(10**12 + number * 2 * PERIOD, FrameDuration=2 * PERIOD // 1000)
        frame = camera.read(1)
        assert frame is not None
        assert frame.number == number


def test_a_frame_keeps_no_buffer_of_the_camera(rig: Rig) -> None:
    """The request is given back as soon as its pixels are copied."""
    camera = RibbonCamera()
    camera.open(MODE)
    camera.native.shoot(10**12)
    request = camera.native._newest
    assert camera.read(1) is not None
    assert request.ref_count == 0


def test_the_mode_is_given_to_the_camera(rig: Rig) -> None:
    """Blue, green, red; a steady framerate; flips; and settings under picamera's names."""
    camera = RibbonCamera(lores=(160, 120))
    camera.open(Mode((640, 480), 8, vflip=True, controls={"iso": 400, "zoom": (0.5, 0.5, 0.5, 0.5)}))
    native = rig.opened[0]
    assert native.config["main"] == {"format": "RGB888", "size": (640, 480)}
    assert native.config["lores"] == {"size": (160, 120)}
    assert native.config["transform"] == Transform(vflip=True)
    assert native.given_controls["FrameDurationLimits"] == (125_000, 125_000)
    assert native.given_controls["AnalogueGain"] == 4.0
    assert native.given_controls["ScalerCrop"] == (2320, 1304, 2304, 1296)


def test_a_camera_that_is_turned_and_flipped_is_flipped_the_other_way(rig: Rig) -> None:
    """Rotation by 180 and a vertical flip are a horizontal flip."""
    RibbonCamera().open(Mode((640, 480), 8, vflip=True, controls={"rotation": 180}))
    assert rig.opened[0].config["transform"] == Transform(hflip=True)


def test_settings_left_out_are_said_in_one_line(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """Those without a counterpart, and those that this sensor has not."""
    rig.controls = {name: limits for name, limits in rig.controls.items() if name != "AwbMode"}
    with caplog.at_level(logging.WARNING):
        RibbonCamera().open(Mode(controls={"led": False, "awb_mode": "auto", "still_stats": False}))
    assert len(caplog.records) == 1
    for name in ("led", "AwbMode", "still_stats"):
        assert name in caplog.text


def test_two_cameras_run_side_by_side(rig: Rig) -> None:
    """As on a Pi 5."""
    rig.models = ["imx708", "imx219"]
    cameras = [RibbonCamera(number) for number in (0, 1)]
    for camera in cameras:
        camera.open(MODE)
    assert [each.camera_num for each in rig.opened] == [0, 1]
    assert [shot(camera, 10**12).number for camera in cameras] == [0, 0]


def test_a_module_that_is_not_there_is_named_with_those_that_are(rig: Rig) -> None:
    """So that the number can be mended."""
    with pytest.raises(CameraError, match="no camera module 3; there is 0: imx708"):
        RibbonCamera(3).open(MODE)


def test_a_camera_in_use_says_so(rig: Rig) -> None:
    """The words of picamera2 are not those of a user."""
    RibbonCamera().open(MODE)
    with pytest.raises(CameraError, match="does another program use it"):
        RibbonCamera().open(MODE)


def test_a_mode_that_the_sensor_has_not_is_refused_and_the_camera_given_free(rig: Rig) -> None:
    """It can be opened in another one."""
    camera = RibbonCamera()
    with pytest.raises(CameraError, match=r"can't run with \(8000, 6000\)"):
        camera.open(Mode((8000, 6000)))
    with pytest.raises(CameraError, match="brightness"):
        camera.open(Mode(controls={"brightness": 300}))
    camera.open(MODE)
    assert camera.native.started


def test_a_camera_that_falls_silent_is_lost(rig: Rig, time: PassingTime) -> None:
    """When a ribbon comes off libcamera says nothing: frames just don't come. `open` may find it again."""
    camera = RibbonCamera(clock=time.clock)
    camera.open(MODE)
    shot(camera, time.boot_ns)
    time.pass_(4)
    assert camera.read(0) is None
    time.pass_(2)
    with pytest.raises(CameraLostError, match="gave no frame for 6 s"):
        camera.read(0)
    camera.close()
    camera.open(MODE)
    assert shot(camera, time.boot_ns).number == 0


def test_a_read_that_ended_without_a_frame_loses_none(rig: Rig) -> None:
    """The next read gets the frame that came in between."""
    camera = RibbonCamera()
    camera.open(MODE)
    assert camera.read(0) is None
    assert shot(camera, 10**12).sensor_ns == 10**12


def test_frames_come_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a rhythm, as from a sensor."""
    fake_picamera2.install(monkeypatch, Rig(by_hand=False))
    camera = RibbonCamera()
    camera.open(Mode((160, 120), 200))
    frames = [camera.read(5) for _ in range(5)]
    camera.close()
    numbers = [frame.number for frame in frames if frame]
    assert len(numbers) == 5
    assert numbers == sorted(set(numbers))


def test_without_picamera2_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what a virtual environment must be made with."""
    monkeypatch.setitem(sys.modules, "libcamera", None)
    with pytest.raises(CameraError, match=r"apt-get install python3-picamera2.*--system-site-packages"):
        RibbonCamera().open(MODE)


def test_the_native_camera_is_there_while_it_is_open(rig: Rig) -> None:
    """For those who record with its encoders."""
    camera = RibbonCamera()
    with pytest.raises(CameraError, match="not open"):
        _ = camera.native
    camera.open(MODE)
    assert camera.native is rig.opened[0]
    camera.close()
    assert not rig.opened[0].is_open
