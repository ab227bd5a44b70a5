"""Videos and folders play in real time, over and over or once."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import media
from imagehub.node.cameras.camera import CameraError, EndOfFramesError, Frame, Mode
from imagehub.node.cameras.folder import FolderPictures
from imagehub.node.cameras.made import Pictures, PlayingCamera
from imagehub.node.cameras.video import VideoPictures
from passing_time import PassingTime

MODE = Mode((160, 120), 10)


@pytest.fixture
def time() -> PassingTime:
    """Return time that passes where somebody sleeps."""
    return PassingTime()


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Return a video of 5 pictures, 10, 30, 50, 70 and 90 bright."""
    return media.video(tmp_path / "steps.avi", 5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three pictures, and something else."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, name in enumerate(("b.png", "a.PNG", "c.png")):
        cv2.imwrite(str(folder / name), np.full((120, 160, 3), 50 * number, np.uint8))
    (folder / "notes.txt").write_text("no picture")
    return folder


def opened(pictures: Pictures, time: PassingTime, mode: Mode = MODE) -> PlayingCamera:
    """Return a camera that plays these from now on."""
    camera = PlayingCamera(pictures, clock=time.clock)
    camera.open(mode)
    return camera


def levels(camera: PlayingCamera, count: int) -> list[int]:
    """Return how bright so many frames are, to the next ten."""
    frames = [camera.read(1) for _ in range(count)]
    return [round(float(frame.pixels.mean()) / 10) * 10 for frame in frames if frame]


def test_a_video_is_repeated_for_ever(video: Path, time: PassingTime) -> None:
    """Its frames are counted on, at the mode's framerate."""
    began = time.boot_ns
    camera = opened(VideoPictures(video), time)
    assert levels(camera, 12) == [10, 30, 50, 70, 90, 10, 30, 50, 70, 90, 10, 30]
    assert time.boot_ns - began == 1_100_000_000


def test_a_late_reader_misses_pictures_of_a_video(video: Path, time: PassingTime) -> None:
    """As many as the gap in the numbers says."""
    camera = opened(VideoPictures(video), time)
    camera.read(1)
    time.pass_(1.3)
    frame = camera.read(1)
    assert isinstance(frame, Frame)
    assert frame.number == 6
    assert round(float(frame.pixels.mean()) / 10) * 10 == 30


def test_a_video_played_once_ends(video: Path, time: PassingTime) -> None:
    """With the error that says so; opened again it begins anew."""
    camera = opened(VideoPictures(video, once=True), time)
    levels(camera, 5)
    with pytest.raises(EndOfFramesError, match="has ended"):
        camera.read(1)
    camera.open(MODE)
    assert levels(camera, 2) == [10, 30]


def test_pictures_get_the_modes_size_and_way_up(video: Path, time: PassingTime) -> None:
    """Whatever size the video has."""
    frame = opened(VideoPictures(video), time, Mode((64, 48), 10, vflip=True)).read(1)
    assert isinstance(frame, Frame)
    assert frame.pixels.shape == (48, 64, 3)


def test_what_is_no_video_can_not_be_opened(tmp_path: Path, time: PassingTime) -> None:
    """The error names the file."""
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(CameraError, match=r"text\.mp4 can't be read as a video"):
        opened(VideoPictures(tmp_path / "text.mp4"), time)


def test_the_pictures_of_a_folder_come_in_the_order_of_their_names(folder: Path, time: PassingTime) -> None:
    """Over and over; other files are left alone."""
    assert levels(opened(FolderPictures(folder), time), 5) == [50, 0, 100, 50, 0]


def test_a_folder_played_once_ends(folder: Path, time: PassingTime) -> None:
    """After its last picture."""
    camera = opened(FolderPictures(folder, once=True), time)
    levels(camera, 3)
    with pytest.raises(EndOfFramesError, match="no more images"):
        camera.read(1)


def test_a_folder_without_pictures_can_not_be_opened(tmp_path: Path, time: PassingTime) -> None:
    """Nor one that is not there."""
    for folder, says in ((tmp_path, "no images"), (tmp_path / "absent", "can't be read")):
        with pytest.raises(CameraError, match=says):
            opened(FolderPictures(folder), time)


def test_a_picture_that_can_not_be_read_is_named(folder: Path, time: PassingTime) -> None:
    """It is an error of the camera."""
    (folder / "aa.png").write_text("no picture")
    camera = opened(FolderPictures(folder), time)
    levels(camera, 1)
    with pytest.raises(CameraError, match=r"aa\.png"):
        camera.read(1)


def test_a_camera_that_is_not_open_says_so(video: Path) -> None:
    """Reading it is a mistake."""
    with pytest.raises(CameraError, match="not open"):
        PlayingCamera(VideoPictures(video)).read(0)
