"""A source's text says which camera it is; what can't be one is refused with what can."""

from pathlib import Path

import pytest

import media
from imagehub.node.cameras.camera import CameraError
from imagehub.node.cameras.capture import CaptureCamera
from imagehub.node.cameras.made import PlayingCamera
from imagehub.node.cameras.opening import camera
from imagehub.node.cameras.ribbon import RibbonCamera
from imagehub.node.cameras.synthetic import Scenario, SyntheticCamera


@pytest.mark.parametrize(
    ("source", "kind", "name"),
    [
        ("picamera2", RibbonCamera, "picamera2:0"),
        ("picamera2:1", RibbonCamera, "picamera2:1"),
        ("0", CaptureCamera, "/dev/video0"),
        ("/dev/video2", CaptureCamera, "/dev/video2"),
        ("/dev/v4l/by-id/usb-Cam-index0", CaptureCamera, "/dev/v4l/by-id/usb-Cam-index0"),
        ("rtsp://user:secret@barn:554/1?token=x", CaptureCamera, "rtsp://barn:554/1"),
        ("http://barn/stream.mjpg", CaptureCamera, "http://barn/stream.mjpg"),
        ("synthetic", SyntheticCamera, "synthetic"),
    ],
)
def test_a_source_is_a_camera(source: str, kind: type, name: str) -> None:
    """Nothing is opened; its name shows no password."""
    made = camera(source)
    assert isinstance(made, kind)
    assert made.name == name


def test_a_camera_goes_by_its_name_else_by_its_label() -> None:
    """As it stands in the settings."""
    assert camera("0", "P1").name == "P1"
    assert camera("0", "P1", "Barn door").name == "Barn door"


def test_a_synthetic_source_has_its_scenario() -> None:
    """Behind the colon."""
    made = camera("synthetic:seed=3,drop=17+18")
    assert isinstance(made, SyntheticCamera)
    assert made._scenario == Scenario(seed=3, drop=frozenset({17, 18}))


def test_files_and_folders_are_played(tmp_path: Path) -> None:
    """For ever, or once."""
    video = media.video(tmp_path / "a film.avi", 3)
    for source in (str(video), f"{video}?once", str(tmp_path), f"{tmp_path}?once"):
        made = camera(source)
        assert isinstance(made, PlayingCamera)
        assert made._pictures._once == source.endswith("?once")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "source", ["", "webcam", "picamera2:left", "/no/such/file.mp4", "ftp://barn/1", "synthetic:x=1"]
)
def test_what_can_not_be_a_camera_is_refused(source: str) -> None:
    """The text says what can."""
    with pytest.raises(CameraError, match="camera"):
        camera(source)
