"""Sessions are read with the result of RPi Camera Colony's reader, its files and ours."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.sessions import read_session_data
from imagehub.errors import MissingExtraError
from recordings import finished, recorder, rows

OLD = "mouse_1.camera_51_blue.20210928_100502.rcc."


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Write a session as RPi Camera Colony did, one file with the names of its early versions."""
    (tmp_path / f"{OLD}metadata.json").write_text(json.dumps({"instance_name": "camera_51_blue", "framerate": 90}))
    (tmp_path / f"{OLD}timestamps_ttl_in.csv").write_text("# timestamp_frame,# sys_time\n12,1632816302.5\n")
    (tmp_path / f"{OLD}timestamps.ttl.out.csv").write_text(
        "timestamp_frame,timestamp_ttl,sys_time\n1000,1020,1632816302.1\nNone,12131,1632816302.11\n"
    )
    (tmp_path / f"{OLD}video.h264").touch()
    (tmp_path / f"{OLD}video.h264.mp4").touch()
    (tmp_path / f"{OLD}video.h264DLC_resnet50.csv").write_text("a,b,c,d\n")
    return tmp_path


def test_files_of_rpi_camera_colony_are_read(old: Path) -> None:
    """Underscores in the names and a `#` before the columns belong to its early versions."""
    (camera,) = read_session_data(old).values()
    videos = {"has_h264", "has_mp4", "video_file_h264", "video_file_mp4"}
    assert set(camera) == {"metadata", "timestamps.ttl.in", "timestamps.ttl.out"} | videos
    assert camera["metadata"]["framerate"] == 90
    assert list(camera["timestamps.ttl.in"].columns) == ["timestamp_frame", "sys_time"]
    assert camera["timestamps.ttl.out"]["timestamp_ttl"].tolist() == [1020, 12131]
    assert (camera["has_h264"], camera["has_mp4"]) == (True, True)
    assert camera["video_file_h264"] == f"{OLD}video.h264"
    assert camera["video_file_mp4"] == f"{OLD}video.h264.mp4"


def test_our_recordings_have_the_instants_of_their_frames_besides(tmp_path: Path) -> None:
    """Nanoseconds are whole numbers."""
    recording = finished(recorder(tmp_path, acquisition_name="day.2", max_seconds=0.1))
    session = read_session_data(tmp_path / "day.2")
    assert list(session) == ["cam1"]
    frames = session["cam1"]["timestamps.frames"]
    assert [tuple(row) for row in frames.itertuples(index=False)] == [tuple(row) for row in rows(recording)]
    assert frames.dtypes.tolist() == ["int64"] * 3
    assert len(session["cam1"]["timestamps.ttl.out"]) == len(frames)
    assert session["cam1"]["metadata"]["frames"] == len(frames)
    assert session["cam1"]["video_file_mp4"] == recording.files["mp4"].name


def test_of_several_recordings_of_a_camera_the_newest_is_read(old: Path) -> None:
    """Not a mixture of both."""
    later = OLD.replace("100502", "100503")
    (old / f"{later}metadata.json").write_text('{"framerate": 30}')
    (old / f"{later}video.h264").touch()
    (camera,) = read_session_data(old).values()
    assert camera == {
        "has_h264": True, "has_mp4": False, "metadata": {"framerate": 30}, "video_file_h264": f"{later}video.h264",
    }  # fmt: skip


def test_files_that_are_empty_or_broken_are_empty_tables_and_facts(old: Path) -> None:
    """A pin that was not connected leaves an empty table; one camera's fault is not the others'."""
    (old / f"{OLD}metadata.json").write_text("{")
    (old / f"{OLD}timestamps.ttl.out.csv").write_text("")
    (old / f"{OLD}timestamps.frames.csv").write_text("a,b,c,d\n1,2,3,4\n")
    (camera,) = read_session_data(old).values()
    assert camera["metadata"] == {}
    for kind in ("ttl.out", "frames"):
        assert isinstance(camera[f"timestamps.{kind}"], pd.DataFrame)
        assert camera[f"timestamps.{kind}"].empty


def test_a_folder_that_is_absent_is_told(tmp_path: Path) -> None:
    """With what it should be."""
    with pytest.raises(RecordingError, match=r"absent is no folder: give that of an acquisition"):
        read_session_data(tmp_path / "absent")


def test_without_pandas_the_extra_is_named(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"imagehub\[sessions\]"):
        read_session_data(old)
