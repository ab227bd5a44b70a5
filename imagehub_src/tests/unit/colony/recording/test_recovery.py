"""Recordings that a crash left open are closed with what is there."""

import json
import shutil
from pathlib import Path

import pytest

from imagehub.colony.recording import files, names, recovery, timestamps
from imagehub.colony.recording.files import Files
from imagehub.colony.recording.plan import Recording
from recordings import HandCamera, frames, handed, painted_in, rows, times_in


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Give a recording of twelve frames that has been closed."""
    return handed(tmp_path, HandCamera(), frames(12)).stop()


def cut_off(recording: Recording) -> dict[str, object]:
    """Leave the recording as a crash would have left it, and return its facts."""
    facts = json.loads(recording.files["metadata"].read_text())
    recording.files["mp4"].unlink()
    facts = {key: facts[key] for key in ("instance_name", "resolution")} | {"finished": False}
    recording.files["metadata"].write_text(json.dumps(facts))
    names.scratch(recording.files["metadata"], files.RESERVE).touch()
    return facts


def told(recording: Recording) -> dict[str, object]:
    """Return what the metadata say now."""
    found: dict[str, object] = json.loads(recording.files["metadata"].read_text())
    return found


def test_a_recording_that_was_cut_off_gets_its_mp4_and_says_so(tmp_path: Path, recording: Recording) -> None:
    """Its frames are shown when they were taken; what was kept free is given back."""
    facts = cut_off(recording)
    (line,) = recovery.recover(tmp_path)
    assert line == f"recovered {recording.files['video']}: 12 frames"
    assert len(painted_in(recording.files["mp4"])) == 12
    first = rows(recording)[0].sensor_ns
    assert times_in(recording.files["mp4"]) == [(row.sensor_ns - first) // 1000 for row in rows(recording)]
    expected = {
        "finished": True, "recovered": True, "frames": 12, "missed": 0, "frames_without_instant": 0, "mp4_fault": None,
        "fault": "the recording was cut off", "first_frame_ns": rows(recording)[0].wall_ns,
    }  # fmt: skip
    assert {key: told(recording)[key] for key in expected} == expected
    assert told(recording)["instance_name"] == facts["instance_name"]
    assert not list(tmp_path.rglob(".*"))
    assert recovery.recover(tmp_path) == []


def test_rows_beyond_the_videos_last_frame_are_cut_off(tmp_path: Path, recording: Recording) -> None:
    """A row reaches the kernel just before its frame."""
    cut_off(recording)
    with recording.files["frames"].open("ab") as file:
        file.write(b"12,5,6\n13,7")
    with recording.files["ttl.out"].open("ab") as file:
        file.write(b"0,,0.0\n0,,0.0\n")
    recovery.recover(tmp_path)
    assert len(rows(recording)) == 12
    assert recording.files["ttl.out"].read_text().count("\n") == 13
    assert len(painted_in(recording.files["mp4"])) == 12


def test_frames_whose_instants_a_power_cut_took_stay_in_the_stream(tmp_path: Path, recording: Recording) -> None:
    """The MP4 has those whose instants are known; no picture is removed."""
    cut_off(recording)
    timestamps.cut(recording.files["frames"], 9)
    recovery.recover(tmp_path)
    assert (len(painted_in(recording.files["mp4"])), len(painted_in(recording.files["video"]))) == (9, 12)
    assert (told(recording)["frames"], told(recording)["frames_without_instant"]) == (9, 3)


def test_metadata_that_a_power_cut_left_empty_are_made_anew(tmp_path: Path, recording: Recording) -> None:
    """With what is known from the files."""
    cut_off(recording)
    recording.files["metadata"].write_text("")
    recovery.recover(tmp_path)
    assert told(recording)["frames"] == 12
    assert told(recording)["recovered"] is True


def test_a_recording_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    """An agent starts while another one records on the same machine."""
    paths = names.paths(tmp_path, "acq.cam.20260102_030405")
    paths["metadata"].write_text('{"finished": false}')
    made = Files(paths)
    assert recovery.recover(tmp_path) == []
    made.close()
    assert recovery.recover(tmp_path) == [f"recovered {paths['video']}: 0 frames; no MP4: there is no frame"]


def test_an_mp4_that_a_full_disk_did_not_take_is_made_later(tmp_path: Path, recording: Recording) -> None:
    """The recording's own fault stays what it was."""
    recording.files["mp4"].unlink()
    facts = told(recording) | {"mp4_fault": "No space left on device", "fault": "the disk is full"}
    recording.files["metadata"].write_text(json.dumps(facts))
    recovery.recover(tmp_path)
    assert len(painted_in(recording.files["mp4"])) == 12
    assert (told(recording)["mp4_fault"], told(recording)["fault"]) == (None, "the disk is full")
    assert "recovered" not in told(recording)


def test_recordings_that_are_closed_and_those_of_rpi_camera_colony_are_left_alone(
    tmp_path: Path, recording: Recording
) -> None:
    """Not a byte of them changes."""
    other = tmp_path / "old"
    shutil.copytree(recording.files["video"].parent, other)
    for path in other.glob("*.mp4"):
        path.unlink()
    (old,) = other.glob("*.metadata.json")
    old.write_text('{"instance_name": "cam1"}')
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert recovery.recover(tmp_path) == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_one_that_cant_be_recovered_is_told_and_does_not_keep_the_others_from_it(
    tmp_path: Path, recording: Recording
) -> None:
    """Metadata that are no JSON are somebody's to look at."""
    cut_off(recording)
    bad = names.paths(tmp_path / "acq", "aaa.cam.20260102_030405")
    bad["metadata"].write_text("{")
    bad["video"].touch()
    lines = recovery.recover(tmp_path)
    assert [line.split(":")[0] for line in lines] == [
        f"{bad['metadata']} can't be recovered",
        f"recovered {recording.files['video']}",
    ]
