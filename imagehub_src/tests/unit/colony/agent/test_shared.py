"""A camera of a node is recorded in the recording's mode, and runs as before afterwards."""

from collections import deque
from pathlib import Path

import numpy as np
import pytest

from imagehub.colony.agent import on_node
from imagehub.colony.agent.shared import RecordedCamera
from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.settings.settings import RecordingSettings
from running import free_port

BEFORE, RECORDED = Mode((320, 240), 10), Mode((640, 480), 90)


def frame(number: int) -> Frame:
    """Return a frame."""
    return Frame(np.zeros((2, 2, 3), np.uint8), number, number, number)


class FakeShared:
    """A node's camera whose frames the test gives."""

    def __init__(self) -> None:
        self.mode = BEFORE
        self.fault: str | None = None
        self.refuses = False
        self.opened: list[tuple[Mode, int | None]] = []
        self.frames: deque[Frame] = deque()
        self.closed = 0

    def subscribe(self, every: bool) -> "FakeShared":
        """See `SharedCamera.subscribe`."""
        assert every
        return self

    def reopen(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `SharedCamera.reopen`."""
        if self.refuses:
            raise CameraError("it can't run so")
        self.opened.append((mode, first_frame_ns))
        self.mode = mode

    def next(self, timeout_seconds: float) -> Frame | None:
        """See `Subscription.next`."""
        return self.frames.popleft() if self.frames else None

    def close(self) -> None:
        """See `Subscription.close`."""
        self.closed += 1


def test_it_runs_in_the_recordings_mode_and_then_as_before() -> None:
    """Also where it is opened twice, as recorders do."""
    shared = FakeShared()
    camera = RecordedCamera(shared, "barn")
    camera.open(RECORDED)
    camera.open(RECORDED, 77)
    assert shared.opened == [(RECORDED, None), (BEFORE, None), (RECORDED, 77)]
    shared.frames.extend([frame(0), frame(1)])
    assert [found.number for _ in range(2) if (found := camera.read(1)) is not None] == [0, 1]
    assert camera.read(1) is None
    camera.close()
    camera.close()
    assert shared.mode == BEFORE
    assert shared.closed == 2


def test_a_nodes_agent_listens_and_is_free_until_it_is_asked(tmp_path: Path) -> None:
    """Its camera runs for the node."""
    shared = FakeShared()
    settings = RecordingSettings("left", "P1", free_port(), "127.0.0.1", tmp_path)
    agent = on_node.make(settings, shared)
    agent.start()
    assert agent.state == "idle"
    agent.close()
    assert shared.opened == []


def test_a_mode_that_is_refused_leaves_it_as_it_was() -> None:
    """Nothing is left subscribed."""
    shared = FakeShared()
    shared.refuses = True
    with pytest.raises(CameraError):
        RecordedCamera(shared, "barn").open(RECORDED)
    assert (shared.mode, shared.closed) == (BEFORE, 1)


def test_a_lost_camera_ends_the_recording() -> None:
    """With its words; and so does one that came back before anybody looked."""
    shared = FakeShared()
    camera = RecordedCamera(shared, "barn")
    camera.open(RECORDED)
    shared.fault = "unplugged"
    with pytest.raises(CameraLostError, match="barn: unplugged"):
        camera.read(1)
    shared.fault = None
    shared.frames.extend([frame(5), frame(0)])
    assert camera.read(1) is not None
    with pytest.raises(CameraLostError, match="numbered anew"):
        camera.read(1)
