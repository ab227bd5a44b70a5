"""Recordings of the synthetic camera, whose pictures say which frame they are: after crashes, on full disks."""

import importlib.util
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from imagehub.colony.recording import recovery, timestamps
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.sessions import read_session_data
from imagehub.colony.synchrony.video import packets
from imagehub.node.cameras.camera import Mode
from integration.disks.loop_disk import LoopDisk
from integration.disks.requirements import require_loop_disk
from pictures_of import COLONY, packaged
from recordings import finished, painted_in, recorder, rows, soon, times_in
from running import until

RECORD_FOR_EVER = """
import sys
import time
import time
from pathlib import Path
from recordings import recorder

made = recorder(Path(sys.argv[1]), max_seconds=1e9)
made.arm()
made.start(time.time_ns())
print("recording", flush=True)
time.sleep(600)
"""


def test_every_picture_is_the_frame_that_its_row_says(tmp_path: Path) -> None:
    """In the stream and in the MP4, row by row: the number, the instant, and when it is shown."""
    recording = finished(recorder(tmp_path, "synthetic:seed=3,drop=17+18+30", mode=Mode((320, 240), 20), max_seconds=2))
    told = rows(recording)
    assert [row.number for row in told] == [number for number in range(40) if number not in {17, 18, 30}]
    assert recording.progress.missed == 3
    expected = [(row.number, row.wall_ns) for row in told]
    assert painted_in(recording.files["video"]) == expected
    assert painted_in(recording.files["mp4"]) == expected
    assert times_in(recording.files["mp4"]) == [(row.sensor_ns - told[0].sensor_ns) // 1000 for row in told]


@pytest.mark.parametrize("resolution", [(640, 480), (322, 242)])
def test_pictures_of_other_sizes_are_recorded_likewise(tmp_path: Path, resolution: tuple[int, int]) -> None:
    """Where both numbers are even."""
    recording = finished(recorder(tmp_path, mode=Mode(resolution, 30), max_seconds=0.5))
    assert painted_in(recording.files["mp4"]) == [(row.number, row.wall_ns) for row in rows(recording)]


def test_a_camera_that_is_lost_leaves_a_recording_of_all_its_frames(tmp_path: Path) -> None:
    """Its fault is told, and the files are closed."""
    recording = finished(recorder(tmp_path, "synthetic:fail_after=20", max_seconds=60))
    assert [told[0] for told in painted_in(recording.files["mp4"]) if told] == list(range(20))
    assert "lost after 20 frames" in str(recording.progress.fault)


def test_several_cameras_record_into_one_acquisition_at_once(tmp_path: Path) -> None:
    """From the same instant on, each with its own files."""
    made = [recorder(tmp_path, f"synthetic:seed={seed}", instance=f"cam{seed}", max_seconds=0.5) for seed in range(4)]
    for each in made:
        each.arm()
    start = soon()
    for each in made:
        each.start(start)
    until(lambda: all(each.ended for each in made), "the end")
    assert {rows(each.stop())[0][0::2] for each in made} == {(0, start)}
    assert set(read_session_data(tmp_path / "acq")) == {"cam0", "cam1", "cam2", "cam3"}


def test_what_was_recorded_before_a_kill_plays_and_is_closed_by_the_next_start(tmp_path: Path) -> None:
    """All frames but the one that was being written; the session's metadata say that it was cut off."""
    process = subprocess.Popen(
        [sys.executable, "-c", RECORD_FOR_EVER, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    with process:
        (frames,) = until(lambda: list(tmp_path.rglob("*.frames.csv")), "the files")
        until(lambda: frames.read_bytes().count(b"\n") > 100, "a hundred frames")
        assert recovery.recover(tmp_path) == []
        process.send_signal(signal.SIGKILL)
    video = frames.with_name(frames.name.replace("timestamps.frames.csv", "video.h264"))
    there = packets(video)[0] or 0
    (line,) = recovery.recover(tmp_path)
    assert line == f"recovered {video}: {there} frames"
    told = list(timestamps.read_frames(frames))
    expected = [(row.number, row.wall_ns) for row in told]
    assert len(expected) == there >= 100
    assert painted_in(video) == painted_in(video.with_name(f"{video.name}.mp4")) == expected
    metadata = json.loads(video.with_name(video.name.replace("video.h264", "metadata.json")).read_text())
    assert (metadata["recovered"], metadata["finished"], metadata["frames"]) == (True, True, there)
    assert metadata["instance_name"] == "cam1"


@pytest.fixture
def small_disk() -> Iterator[LoopDisk]:
    """A real ext4 of 8 MiB."""
    require_loop_disk()
    with LoopDisk(size_mib=8) as disk:
        yield disk


def test_a_full_disk_ends_a_recording_that_plays_and_gets_its_mp4_when_there_is_room(small_disk: LoopDisk) -> None:
    """Its frames are its rows, its metadata say why it ended, and nothing half written is left."""
    made = recorder(small_disk.mount_point, mode=Mode((640, 480), 30), max_seconds=60)
    made.arm()
    small_disk.fill(leaving_bytes=150_000)
    made.start(time.time_ns())
    until(lambda: made.ended, "the end")
    recording = made.stop()
    assert recording.progress.fault == "the disk is full: the recording ended; make room for the next one"
    told = rows(recording)
    assert len(told) == recording.progress.frames > 3
    assert painted_in(recording.files["video"]) == [(row.number, row.wall_ns) for row in told]
    assert recording.files["ttl.out"].read_text().count("\n") == len(told) + 1
    metadata = json.loads(recording.files["metadata"].read_text())
    assert (metadata["finished"], metadata["frames"]) == (True, len(told))
    assert "mp4" not in recording.files
    assert "No space left" in metadata["mp4_fault"] or "disk full" in metadata["mp4_fault"]
    assert recording.folder is not None
    assert {path.name for path in recording.folder.iterdir()} == {path.name for path in recording.files.values()}
    small_disk.free()
    recovery.recover(small_disk.mount_point)
    assert len(painted_in(recording.files["video"].with_name(f"{recording.files['video'].name}.mp4"))) == len(told)


def test_a_disk_that_is_full_before_is_told_when_armed(small_disk: LoopDisk) -> None:
    """Nobody waits for a recording that can't be."""
    small_disk.fill()
    made = recorder(small_disk.mount_point)
    with pytest.raises(RecordingError, match=r"can't record to .*No space left on device"):
        made.arm()
    assert made.progress().frames == 0


def readers_of_rpi_camera_colony(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return RPi Camera Colony's own reader.

    Its package's `__init__` warns that it is deprecated, so the module is loaded by itself. Its last release looks for
    a text in a `Path` (`excl not in f`), which no Python can do: it is given paths that can be looked into.
    """
    place = packaged(COLONY, "rpi_camera_colony/readers.py")
    spec = importlib.util.spec_from_file_location("rpi_camera_colony_readers", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Searchable(type(Path())):  # type: ignore[misc]
        """A path in which a text can be looked for."""

        def __contains__(self, text: str) -> bool:
            return text in str(self)

    monkeypatch.setattr(module, "Path", Searchable)
    return module


def test_rpi_camera_colonys_own_reader_reads_our_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same result as ours, table by table."""
    for instance in ("cam_1", "cam_2"):
        finished(recorder(tmp_path, instance=instance, acquisition_name="mice__day1", max_seconds=0.2))
    theirs = readers_of_rpi_camera_colony(monkeypatch).read_session_data(tmp_path / "mice__day1")
    ours = read_session_data(tmp_path / "mice__day1")
    assert set(theirs) == set(ours) == {"cam_1", "cam_2"}
    for camera, found in theirs.items():
        assert set(found) == set(ours[camera])
        for key, value in found.items():
            if key.startswith("timestamps."):
                assert value.equals(ours[camera][key])
            else:
                assert value == ours[camera][key]
        out = found["timestamps.ttl.out"]
        assert list(out.columns) == ["timestamp_frame", "timestamp_ttl", "sys_time"]
        assert len(out) == found["metadata"]["frames"] > 5
        assert all(later > earlier for earlier, later in itertools.pairwise(out["timestamp_frame"]))
