"""A camera is read on a thread of its own: its frames, its end and its faults."""

import threading
from collections.abc import Callable

import pytest

from imagehub.colony.recording.capture import SILENT_SECONDS, Capture
from imagehub.colony.recording.errors import RecordingError
from imagehub.node.cameras.camera import CameraLostError, EndOfFramesError, Frame
from recordings import HandCamera, frame
from running import until


class Heard:
    """What a capture told."""

    def __init__(self, camera: HandCamera, **clocks: Callable[[], float]) -> None:
        self.taken: list[int] = []
        self.ends: list[str | None] = []
        self.over = threading.Event()
        self.capture = Capture(camera, self._take, self._end, **clocks)  # type: ignore[arg-type]

    def _take(self, taken: Frame) -> None:
        self.taken.append(taken.number)

    def _end(self, fault: str | None) -> None:
        self.ends.append(fault)
        self.over.set()


@pytest.fixture
def camera() -> HandCamera:
    """Give a camera."""
    return HandCamera()


def test_frames_of_the_recordings_time_are_taken_and_the_newest_of_all_is_kept(camera: HandCamera) -> None:
    """From the first instant on, to the end exclusively, which ends it without a fault."""
    heard = Heard(camera)
    heard.capture.record(first_frame_ns=1000, max_seconds=1e-6)
    heard.capture.start()
    camera.hand(*(frame(number, wall_ns) for number, wall_ns in enumerate((998, 999, 1000, 1001, 1999, 2000))))
    assert heard.over.wait(10)
    assert (heard.taken, heard.ends) == ([2, 3, 4], [None])
    assert heard.capture.newest is not None
    assert heard.capture.newest.number == 4


def test_a_recording_ends_in_time_though_no_frame_comes(camera: HandCamera) -> None:
    """By the clock."""
    heard = Heard(camera, wall_ns=lambda: 2_000_000_000)
    heard.capture.record(first_frame_ns=1_000_000_000, max_seconds=1)
    heard.capture.start()
    assert heard.over.wait(10)
    assert heard.ends == [None]


@pytest.mark.parametrize(
    ("raised", "fault"),
    [
        (EndOfFramesError("over"), None),
        (CameraLostError("hand: its plug was pulled"), "hand: its plug was pulled"),
        (ValueError("a driver's own"), "hand: ValueError: a driver's own"),
    ],
)
def test_a_camera_that_fails_ends_it_with_the_words_of_its_fault(
    camera: HandCamera, raised: Exception, fault: str | None
) -> None:
    """One that has no more frames is none."""
    heard = Heard(camera)
    heard.capture.record(0, 1e9)
    heard.capture.start()
    camera.hand(frame(0, 1), raised)
    assert heard.over.wait(10)
    assert (heard.taken, heard.ends) == ([0], [fault])


def test_a_camera_that_keeps_silent_has_failed_but_not_before_the_first_instant(camera: HandCamera) -> None:
    """It may be told long before to start."""
    now = [0.0, 0.0]
    heard = Heard(camera, wall_ns=lambda: int(now[0]), monotonic=lambda: now[1])
    heard.capture.record(first_frame_ns=10, max_seconds=1e9)
    heard.capture.start()
    now[1] = 10 * SILENT_SECONDS
    assert not heard.over.wait(0.25)
    now[0] = 10
    now[1] += SILENT_SECONDS / 2
    assert not heard.over.wait(0.25)
    now[1] += SILENT_SECONDS
    assert heard.over.wait(10)
    assert heard.ends == ["hand gave no frame for 10 s"]


def test_who_arms_waits_until_so_many_frames_have_come(camera: HandCamera) -> None:
    """None of them is recorded."""
    heard = Heard(camera)
    heard.capture.start()
    camera.hand(frame(0, 1), frame(1, 2))
    heard.capture.settle(frames=2, seconds=10)
    heard.capture.stop()
    assert (heard.taken, heard.ends) == ([], [None])


def test_a_camera_that_gives_no_frames_cant_be_armed(camera: HandCamera) -> None:
    """The words say what to look at; a camera that failed says it itself."""
    heard = Heard(camera)
    heard.capture.start()
    camera.hand(frame(0, 1))
    with pytest.raises(RecordingError, match=r"hand gave 1 of 2 frames within 0\.05 s: see its cable"):
        heard.capture.settle(frames=2, seconds=0.05)
    camera.hand(CameraLostError("gone"))
    until(heard.over.is_set, "the end")
    with pytest.raises(RecordingError, match="the camera can't record: gone"):
        heard.capture.settle(frames=2, seconds=5)
