"""Names from the network make paths that stay where they belong."""

from datetime import datetime
from pathlib import Path

import pytest

from imagehub.colony.recording import names
from imagehub.colony.recording.errors import RecordingError

NOW = datetime(2026, 1, 2, 3, 4, 59)  # noqa: DTZ001 - names have local time


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a..b", "a/b", "../up", "a\\b", "a b", "a\nb", "a\0b", "ä", "x" * 101, "a" + "/" * 200],
)
def test_no_name_of_an_acquisition_or_group_leaves_the_data_directory(tmp_path: Path, name: str) -> None:
    """It is refused in words that show it cut short."""
    with pytest.raises(RecordingError, match="can't be the name of an acquisition") as refused:
        names.folder(tmp_path, "", name)
    assert len(str(refused.value)) < 350
    if name:
        with pytest.raises(RecordingError):
            names.folder(tmp_path, name, "fine")


@pytest.mark.parametrize("name", ["", "a.b", "a/b", "x" * 101, "cam 1", "-\n"])
def test_an_instance_has_no_dot_since_dots_part_the_names_of_files(name: str) -> None:
    """RPi Camera Colony's reader takes the word between the first two dots for the camera."""
    with pytest.raises(RecordingError, match="can't be the name of an instance"):
        names.check_instance(name)


def test_files_lie_below_group_and_acquisition_under_the_names_of_rpi_camera_colony(tmp_path: Path) -> None:
    """`ACQ.INSTANCE.YYYYMMDD_HHMMSS.rcc.KIND`."""
    files = names.claim(names.folder(tmp_path, "mice", "mice__day1"), "mice__day1", "cam_1", NOW)
    assert {kind: str(path.relative_to(tmp_path / "mice" / "mice__day1")) for kind, path in files.items()} == {
        "metadata": "mice__day1.cam_1.20260102_030459.rcc.metadata.json",
        "video": "mice__day1.cam_1.20260102_030459.rcc.video.h264",
        "mp4": "mice__day1.cam_1.20260102_030459.rcc.video.h264.mp4",
        "frames": "mice__day1.cam_1.20260102_030459.rcc.timestamps.frames.csv",
        "ttl.out": "mice__day1.cam_1.20260102_030459.rcc.timestamps.ttl.out.csv",
        "ttl.in": "mice__day1.cam_1.20260102_030459.rcc.timestamps.ttl.in.csv",
    }


def test_a_second_recording_within_the_second_takes_the_next_one(tmp_path: Path) -> None:
    """Nothing is ever overwritten, whichever file of a recording is there."""
    first = names.claim(tmp_path, "acq", "cam", NOW)
    (tmp_path / "acq.cam.20260102_030500.rcc.video.h264").touch()
    second = names.claim(tmp_path, "acq", "cam", NOW)
    assert first["metadata"].name == "acq.cam.20260102_030459.rcc.metadata.json"
    assert second["metadata"].name == "acq.cam.20260102_030501.rcc.metadata.json"


def test_a_folder_that_cant_be_made_is_told_with_its_path(tmp_path: Path) -> None:
    """A file stands in its place."""
    (tmp_path / "taken").touch()
    with pytest.raises(RecordingError, match=f"can't record to {tmp_path}/taken/acq: Not a directory"):
        names.claim(tmp_path / "taken" / "acq", "acq", "cam", NOW)


def test_names_are_read_from_the_right_since_an_acquisition_may_have_dots() -> None:
    """An instance and a stamp have none."""
    assert names.parse("v1.2.cam.20260102_030405.rcc.video.h264") == names.FileName(
        "v1.2", "cam", "20260102_030405", "video.h264"
    )
    assert names.parse("holiday.mp4") is None
    assert names.parse("a.rcc.video.h264") is None


def test_the_longest_names_make_a_file_name_that_file_systems_take(tmp_path: Path) -> None:
    """255 bytes are the limit."""
    files = names.claim(tmp_path, "a" * 100, "b" * 100, NOW)
    assert max(len(path.name) for path in files.values()) + len(".part") <= 255
