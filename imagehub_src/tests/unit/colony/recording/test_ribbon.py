"""A ribbon camera is recorded with picamera2's own encoder, here with its stand-in."""

import json
import time
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

import fake_picamera2
from fake_picamera2 import Rig
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.plan import Recording
from imagehub.colony.recording.pulses import Pins
from imagehub.colony.recording.recorder import Recorder
from imagehub.colony.recording.ribbon import hold_exposure
from imagehub.node.cameras.camera import Mode
from imagehub.node.cameras.ribbon import RibbonCamera
from recordings import WORLD, painted_in, plan, rows, times_in
from running import until

FRAME_NS = 33_333_000
MODE = Mode((320, 240), 30)


def record(folder: Path, rig: Rig, skipped: frozenset[int], **changes: object) -> Recording:
    """Record 40 frames less those that are skipped; the instant of the start is that of the fourth."""
    pins = Pins(factory=MockFactory())
    made = Recorder(RibbonCamera(), plan(mode=MODE, ttl_out_pin=8, **changes), folder, pins=pins, world=WORLD)
    rig.by_hand = False
    made.arm()
    (native,) = rig.opened
    native.started = False  # its own rhythm ends here, and the test's begins
    assert native._rhythm is not None
    native._rhythm.join()
    native.started = True
    start = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    offset = time.time_ns() - start
    made.start(start + offset + 3 * FRAME_NS - FRAME_NS // 2)
    for number in range(43):
        if number not in skipped:
            native.shoot(start + number * FRAME_NS)
    until(lambda: made.progress().frames == 40 - len(skipped), "the frames")
    return made.stop()


def test_the_pis_encoder_gives_the_video_and_its_own_instants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the microsecond of the sensor's clock, from the first frame after the instant; each has a pulse."""
    recording = record(tmp_path, fake_picamera2.install(monkeypatch), frozenset())
    found = painted_in(recording.files["mp4"])
    told = rows(recording)
    assert len(found) == len(told) == 40
    for painted_there, row in zip(found, told, strict=True):
        assert painted_there is not None
        assert abs(painted_there[1] - row.wall_ns) < 1_000_000
        assert row.sensor_ns % 1000 == 0
    assert times_in(recording.files["mp4"]) == [number * FRAME_NS // 1000 for number in range(40)]
    assert [row.number for row in told] == list(range(40))
    assert json.loads(recording.files["metadata"].read_text())["pulses_out"] == 40


def test_frames_that_the_sensor_left_out_are_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many numbers as fit into the time."""
    recording = record(tmp_path, fake_picamera2.install(monkeypatch), frozenset({10, 11, 20}))
    assert [row.number for row in rows(recording)] == [number for number in range(40) if number not in {7, 8, 17}]
    assert recording.progress.missed == 3


def test_exposure_and_colours_are_held_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the camera does not tell stays automatic."""
    fake_picamera2.install(monkeypatch)
    camera = RibbonCamera()
    camera.open(MODE)
    camera.native.shoot(ExposureTime=4000, ColourGains=(1.5, 2.0), Lux=300)
    hold_exposure(camera)
    given = camera.native.given_controls
    camera.close()
    assert {name: given.get(name) for name in ("AeEnable", "AwbEnable", "ExposureTime", "ColourGains", "Lux")} == {
        "AeEnable": False, "AwbEnable": False, "ExposureTime": 4000, "ColourGains": (1.5, 2.0), "Lux": None,
    }  # fmt: skip


def test_a_camera_that_tells_nothing_stays_automatic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its controls are not touched, and it is recorded all the same."""
    fake_picamera2.install(monkeypatch)
    monkeypatch.setattr("imagehub.colony.recording.ribbon.METADATA_SECONDS", 0.01)
    camera = RibbonCamera()
    camera.open(MODE)
    before = dict(camera.native.given_controls)
    hold_exposure(camera)
    camera.native.shoot()
    hold_exposure(camera)
    assert camera.native.given_controls == before
    camera.close()


def test_an_encoder_that_cant_run_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera is free afterwards."""
    rig = fake_picamera2.install(monkeypatch, Rig(by_hand=False))

    def refused(self: object, *_words: object) -> None:
        raise RuntimeError("no such device /dev/video11")

    monkeypatch.setattr(fake_picamera2.Picamera2, "start_encoder", refused)
    made = Recorder(RibbonCamera(), plan(mode=MODE), tmp_path, world=WORLD)
    made.arm()
    with pytest.raises(RecordingError, match="video encoder can't run: no such device"):
        made.start(time.time_ns())
    assert (list(tmp_path.iterdir()), rig.opened[0].is_open) == ([], False)
