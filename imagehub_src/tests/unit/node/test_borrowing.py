"""A camera that is lent runs in the borrower's mode, gives all of its frames, and afterwards goes on as before."""

from typing import cast

import pytest

from fake_nodes import FakeShared, frame
from imagehub.node.borrowing import BorrowedCamera
from imagehub.node.cameras.camera import Camera, CameraError, CameraLostError, Mode

OWN = Mode((320, 240), 10)
WANTED = Mode((1280, 720), 90)


@pytest.fixture
def shared() -> FakeShared:
    """A camera of the node's."""
    return FakeShared(cast(Camera, None), OWN, print)


def test_open_changes_the_mode_and_close_takes_it_back(shared: FakeShared) -> None:
    """Also after it was opened twice."""
    camera: Camera = BorrowedCamera(shared, "P1")
    camera.open(OWN)
    camera.open(WANTED, 12345)
    assert shared.modes[-1] == (WANTED, 12345)
    camera.close()
    camera.close()
    assert shared.modes[2:] == [(OWN, None)]
    assert shared.subscriptions[0].closed


def test_frames_come_in_their_order(shared: FakeShared) -> None:
    """And None where none came in time."""
    camera = BorrowedCamera(shared, "P1")
    camera.open(WANTED)
    assert camera.in_use
    for number in (1, 2):
        shared.subscriptions[0].give(frame(number))
    found = [camera.read(1), camera.read(1), camera.read(0)]
    assert [one and one.number for one in found] == [1, 2, None]


def test_a_camera_that_is_lost_is_said_to_be(shared: FakeShared) -> None:
    """With what the node knows of it."""
    camera = BorrowedCamera(shared, "P1")
    with pytest.raises(CameraLostError, match="P1 is not open"):
        camera.read(0)
    camera.open(WANTED)
    shared.fault = "unplugged"
    with pytest.raises(CameraLostError, match="P1: unplugged"):
        camera.read(0)


def test_a_mode_that_can_t_be_leaves_the_camera_as_it_was(shared: FakeShared) -> None:
    """It is not in use then."""
    camera = BorrowedCamera(shared, "P1")
    with pytest.raises(CameraError, match="too wide"):
        camera.open(Mode((5000, 5000)))
    assert not camera.in_use
    assert shared.modes == []
