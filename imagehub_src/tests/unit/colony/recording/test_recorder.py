"""A recorder is armed, started and stopped, and its files agree with each other."""

import json
import threading
import urllib.request
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from imagehub.colony.recording import h264
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.plan import Progress
from imagehub.colony.recording.pulses import Pins
from imagehub.colony.recording.recorder import Recorder
from imagehub.colony.synchrony import video
from imagehub.node.cameras import opening
from imagehub.node.cameras.camera import CameraError, CameraLostError, Mode
from recordings import (
    FRAME_NS,
    START,
    WORLD,
    HandCamera,
    finished,
    frame,
    frames,
    handed,
    painted_in,
    plan,
    record,
    rows,
    soon,
)
from recordings import recorder as made_recorder
from running import free_port, until


def test_frames_of_the_video_are_the_rows_of_the_files_beside_it(tmp_path: Path) -> None:
    """And the metadata counts them."""
    made = handed(tmp_path, HandCamera(), frames(5))
    recording = made.stop()
    assert [tuple(row)[0::2] for row in rows(recording)] == [(each.number, each.wall_ns) for each in frames(5)]
    assert painted_in(recording.files["video"]) == [(each.number, each.wall_ns) for each in frames(5)]
    assert recording.files["ttl.out"].read_text().count("\n") == 6
    size = recording.files["video"].stat().st_size
    assert recording.progress == Progress(5, 0, size, START + 4 * FRAME_NS, None)
    told = json.loads(recording.files["metadata"].read_text())
    expected = {"finished": True, "frames": 5, "missed": 0, "first_frame_ns": START, "fault": None, "mp4_fault": None}
    assert {key: told[key] for key in expected} == expected
    assert set(recording.files) == {"video", "mp4", "frames", "ttl.out", "ttl.in", "metadata"}
    assert {path.name for path in tmp_path.glob("acq/*")} == {path.name for path in recording.files.values()}


def test_stopping_twice_gives_the_same_again(tmp_path: Path) -> None:
    """A stop may be asked for again where its answer was lost."""
    camera = HandCamera()
    made = handed(tmp_path, camera, frames(1))
    assert made.stop() is made.stop()
    assert not camera.is_open
    assert made.ended


def test_a_recorder_that_was_only_armed_leaves_nothing(tmp_path: Path) -> None:
    """No file, no folder, and a camera that is free."""
    camera = HandCamera()
    made = Recorder(camera, plan(), tmp_path, world=WORLD)
    made.arm()
    assert list(tmp_path.rglob("*.rcc.*"))
    assert made.stop() == made.stop()
    assert made.stop().folder is None
    assert (list(tmp_path.iterdir()), camera.is_open) == ([], False)


def test_with_save_data_false_frames_are_counted_and_nothing_is_written(tmp_path: Path) -> None:
    """No pulse is given either."""
    factory = MockFactory()
    camera = HandCamera()
    told = plan(save_data=False, max_seconds=1e9, ttl_out_pin=8, ttl_in_pin=16)
    made = Recorder(camera, told, tmp_path, pins=Pins(factory=factory), world=WORLD)
    made.arm()
    made.start(START)
    camera.hand(*frames(3))
    until(lambda: made.progress().frames == 3, "the frames")
    assert made.stop().files == {}
    assert (list(tmp_path.iterdir()), factory.pins) == ([], {})


def test_frames_that_the_encoder_is_too_slow_for_are_counted_and_seen_as_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera is read on; nothing waits for the encoder."""
    go_on = threading.Event()
    real = h264.Encoder.encode

    def slow(self: h264.Encoder, pixels: object, sensor_ns: int) -> bytes:
        go_on.wait(20)
        return real(self, pixels, sensor_ns)  # type: ignore[arg-type]

    monkeypatch.setattr(h264.Encoder, "encode", slow)
    camera = HandCamera()
    made = Recorder(camera, plan(mode=Mode((320, 240), 5), max_seconds=1e9), tmp_path, world=WORLD)
    made.arm()
    made.start(START)
    camera.hand(*frames(1))
    until(lambda: not made._backlog._waiting.qsize() and made.newest(), "the first frame in the encoder")
    camera.hand(*frames(15, start=1))
    until(lambda: made.progress().missed == 5, "the frames that find no room")
    go_on.set()
    until(lambda: made.progress().frames == 11, "the others")
    camera.hand(*frames(1, start=16))
    until(lambda: made.progress().frames == 12, "the next one")
    recording = made.stop()
    assert [row.number for row in rows(recording)] == [*range(11), 16]
    assert [told[0] for told in painted_in(recording.files["mp4"]) if told] == [*range(11), 16]
    assert recording.progress.missed == 5


def test_frames_that_the_camera_lost_are_counted_too(tmp_path: Path) -> None:
    """By the gaps in its numbers, but not those before the recording's first frame."""
    all_frames = frames(10)
    recording = handed(tmp_path, HandCamera(), [*all_frames[3:5], *all_frames[8:]]).stop()
    assert [row.number for row in rows(recording)] == [3, 4, 8, 9]
    assert recording.progress.missed == 3


def test_a_camera_that_fails_ends_the_recording_with_a_file_that_plays(tmp_path: Path) -> None:
    """Nobody has to stop it for that."""
    camera = HandCamera()
    made = handed(tmp_path, camera, frames(4))
    camera.hand(CameraLostError("hand: its plug was pulled"))
    until(lambda: made.ended, "the end")
    recording = made.stop()
    assert recording.progress.fault == "hand: its plug was pulled"
    assert len(painted_in(recording.files["mp4"])) == len(rows(recording)) == 4
    assert json.loads(recording.files["metadata"].read_text())["fault"] == "hand: its plug was pulled"
    assert not camera.is_open


def test_a_picture_that_cant_be_encoded_ends_it_likewise(tmp_path: Path) -> None:
    """Such as one of another size."""
    camera = HandCamera()
    made = handed(tmp_path, camera, frames(2))
    camera.hand(frame(2, START + 2 * FRAME_NS, (160, 120)), *frames(200, start=3))
    until(lambda: made.ended, "the end")
    assert "gave a picture of 160x120" in str(made.stop().progress.fault)
    assert video.packets(made.stop().files["mp4"]) == (2, "")


def test_a_camera_that_fails_before_the_start_is_told_and_ends_the_recording_at_once(tmp_path: Path) -> None:
    """Whoever starts it sees the fault in its progress."""
    camera = HandCamera()
    made = Recorder(camera, plan(), tmp_path, world=WORLD)
    made.arm()
    camera.hand(CameraLostError("gone"))
    made.start(START)
    until(lambda: made.ended, "the end")
    assert made.progress() == Progress(fault="gone")
    assert json.loads(made.stop().files["metadata"].read_text())["mp4_fault"] == "there is no frame"


def test_it_ends_after_max_seconds_by_itself_without_a_fault(tmp_path: Path) -> None:
    """To the frame: what a synthetic camera takes in a fifth of a second."""
    recording = finished(made_recorder(tmp_path, max_seconds=0.2))
    taken = rows(recording)
    assert taken[-1].wall_ns - taken[0].wall_ns < 200_000_000
    assert taken[-1].number <= 11
    assert recording.progress.fault is None


def test_the_first_frame_is_that_of_the_instant(tmp_path: Path) -> None:
    """A camera that can start at an instant is told it."""
    made = made_recorder(tmp_path, max_seconds=0.1)
    made.arm()
    start = soon()
    made.start(start)
    until(lambda: made.ended, "the end")
    assert rows(made.stop())[0][0::2] == (0, start)


def test_a_camera_that_runs_anyway_settles_before_and_is_recorded_from_the_instant(tmp_path: Path) -> None:
    """It is opened once; frames from before the instant are not in the files."""

    class Running(HandCamera):
        punctual = False

    camera = Running()
    camera.hand(*(frame(number, START - (60 - number) * FRAME_NS) for number in range(60)))
    made = Recorder(camera, plan(max_seconds=1e9), tmp_path, world=WORLD)
    made.arm()
    made.start(START)
    camera.hand(*frames(3, start=60))
    camera.hand(*(frame(number, START + number * FRAME_NS) for number in (63, 64)))
    until(lambda: made.progress().frames == 5, "the frames")
    assert [row.number for row in rows(made.stop())] == [60, 61, 62, 63, 64]
    assert camera.openings == [None]


def test_each_recorded_frame_has_a_pulse_whose_instant_is_in_its_row(tmp_path: Path) -> None:
    """And pulses that came in are in theirs."""
    factory = MockFactory()
    camera = HandCamera()
    told = plan(max_seconds=1e10, ttl_out_pin=8, ttl_in_pin=16)
    made = Recorder(camera, told, tmp_path, pins=Pins(factory=factory), world=WORLD)
    made.arm()
    factory.pin("GPIO23").drive_high()
    factory.pin("GPIO23").drive_low()
    made.start(1)
    out = factory.pin("GPIO14")
    out.clear_states()
    camera.hand(*frames(6))
    factory.pin("GPIO23").drive_high()
    until(lambda: made.progress().frames == 6, "the frames")
    recording = made.stop()
    given = [line.split(",") for line in recording.files["ttl.out"].read_text().splitlines()[1:]]
    assert [int(line[0]) for line in given] == [each.sensor_ns // 1000 for each in frames(6)]
    pulses = [int(line[1]) for line in given]
    assert pulses == sorted(set(pulses))
    assert [state.state for state in out.states] == [False] + [True, False] * 6
    assert len(recording.files["ttl.in"].read_text().splitlines()) == 2
    facts = json.loads(recording.files["metadata"].read_text())
    assert (facts["pulses_out"], facts["ttl_out"], facts["ttl_in"]) == (6, True, True)
    made = Recorder(HandCamera(), told, tmp_path, pins=Pins(factory=factory), world=WORLD)
    made.arm()  # the pins are free again
    made.stop()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"instance": "a.b"}, "name of an instance"),
        ({"acquisition_name": "../a"}, "name of an acquisition"),
        ({"acquisition_group": "/etc"}, "name of an acquisition"),
        ({"mode": Mode((321, 240), 30)}, "both numbers must be even"),
        ({"ttl_out_pin": 8, "ttl_out_duration": 0.02}, "pulses would run into each other"),
    ],
)
def test_what_cant_be_recorded_is_refused_when_armed_and_leaves_nothing(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    """The camera is not kept."""
    camera = HandCamera()
    made = Recorder(camera, plan(**changes), tmp_path, pins=Pins(factory=MockFactory()), world=WORLD)
    with pytest.raises(RecordingError, match=words):
        made.arm()
    assert (list(tmp_path.iterdir()), camera.is_open) == ([], False)


def test_a_camera_that_cant_be_opened_gives_its_pins_free(tmp_path: Path) -> None:
    """Arming may be tried again."""

    class Absent(HandCamera):
        def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
            raise CameraError("no such camera")

    factory = MockFactory()
    for _ in range(2):
        made = Recorder(Absent(), plan(ttl_out_pin=8), tmp_path, pins=Pins(factory=factory), world=WORLD)
        with pytest.raises(CameraError, match="no such camera"):
            made.arm()


def test_a_camera_that_is_gone_at_the_start_leaves_nothing(tmp_path: Path) -> None:
    """The words are the camera's."""

    class Once(HandCamera):
        def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
            if first_frame_ns is not None:
                raise CameraError("gone")

    made = Recorder(Once(), plan(), tmp_path, world=WORLD)
    made.arm()
    with pytest.raises(CameraError, match="gone"):
        made.start(START)
    assert (list(tmp_path.iterdir()), made.stop().files) == ([], {})


def test_the_newest_frame_can_be_watched_at_the_plans_port(tmp_path: Path) -> None:
    """A port that is taken costs the preview, not the recording."""
    port = free_port()
    camera = HandCamera()
    made = handed(tmp_path, camera, frames(2), stream_port=port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/latest.jpg", timeout=10) as answer:
        assert answer.read(2) == b"\xff\xd8"
    other = handed(tmp_path, HandCamera(), frames(2), stream_port=port, instance="cam2")
    assert {each.stop().progress.fault for each in (made, other)} == {None}


def test_what_keeps_the_clock_is_in_the_metadata(tmp_path: Path) -> None:
    """As this machine tells it when the recording is armed."""
    recording = record(Recorder(opening.camera("synthetic"), plan(), tmp_path), 2)
    told = json.loads(recording.files["metadata"].read_text())["clock_state"]
    assert set(told) >= {"kind", "synchronised", "detail"}
