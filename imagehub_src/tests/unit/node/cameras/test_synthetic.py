"""A synthetic camera takes exact instants, and has the faults that it is told to have."""

import numpy as np
import pytest

from imagehub.node.cameras import painted
from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.cameras.synthetic import Scenario, SyntheticCamera, scenario
from passing_time import PassingTime

MODE = Mode((160, 120), 25)


@pytest.fixture
def time() -> PassingTime:
    """Return time that passes where somebody sleeps."""
    return PassingTime()


def taken(camera: SyntheticCamera, count: int) -> list[Frame]:
    """Return so many frames."""
    frames = [camera.read(1) for _ in range(count)]
    assert None not in frames
    return [frame for frame in frames if frame]


def opened(text: str, time: PassingTime, mode: Mode = MODE) -> SyntheticCamera:
    """Return an open camera of this scenario, whose first frame is a second from now."""
    camera = SyntheticCamera(scenario(text), clock=time.clock)
    camera.open(mode, time.wall_ns + 1_000_000_000)
    return camera


def test_frames_tell_their_number_and_instant_in_the_picture_too(time: PassingTime) -> None:
    """Frame k is taken k frames after the first one's instant."""
    began = time.wall_ns
    frames = taken(opened("", time), 10)
    assert [frame.wall_ns for frame in frames] == [began + 1_000_000_000 + k * 40_000_000 for k in range(10)]
    assert [painted.read_strip(frame.pixels) for frame in frames] == [(k, frames[k].wall_ns) for k in range(10)]
    assert frames[0].pixels.shape == (120, 160, 3)


def test_dropped_frames_never_arrive(time: PassingTime) -> None:
    """They leave a gap in the numbers."""
    assert [frame.number for frame in taken(opened("drop=2+3", time), 4)] == [0, 1, 4, 5]


def test_double_frames_arrive_twice(time: PassingTime) -> None:
    """With the same number and instant."""
    frames = taken(opened("double=1", time), 4)
    assert [frame.number for frame in frames] == [0, 1, 1, 2]
    assert frames[1].sensor_ns == frames[2].sensor_ns


def test_the_camera_is_lost_after_so_many_frames_and_can_be_opened_again(time: PassingTime) -> None:
    """Then it counts from 0."""
    camera = opened("fail_after=3", time)
    taken(camera, 3)
    with pytest.raises(CameraLostError, match="after 3 frames"):
        camera.read(1)
    camera.close()
    camera.open(MODE)
    assert taken(camera, 1)[0].number == 0


def test_pictures_turn_black(time: PassingTime) -> None:
    """From the frame on that was told."""
    frames = taken(opened("black_after=2", time), 4)
    assert [bool(frame.pixels.any()) for frame in frames] == [True, True, False, False]


def test_pictures_freeze_to_the_last_byte_while_numbers_go_on(time: PassingTime) -> None:
    """Each one is the picture of the frame that was told."""
    frames = taken(opened("freeze_after=2", time), 5)
    assert all(np.array_equal(frames[2].pixels, frame.pixels) for frame in frames[3:])
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert painted.read_strip(frames[4].pixels) == (2, frames[2].wall_ns)


def test_a_flipped_scene_has_a_readable_strip(time: PassingTime) -> None:
    """The scene is flipped, the strip is drawn afterwards."""
    frame = taken(opened("", time, Mode((160, 120), 25, vflip=True, hflip=True)), 1)[0]
    assert painted.read_strip(frame.pixels) == (0, frame.wall_ns)
    below = painted.scene(0, (160, 120))[::-1, ::-1]
    assert np.array_equal(frame.pixels[20:], below[20:])


def test_a_scenario_is_read_from_its_text() -> None:
    """As it stands in a settings file."""
    told = scenario("seed=3, drop=17+18,fail_after=100")
    assert told == Scenario(seed=3, drop=frozenset({17, 18}), fail_after=100)


@pytest.mark.parametrize(
    ("text", "says"), [("colour=3", "'colour' is no setting"), ("drop=x", "drop='x'"), ("seed=", "seed=''")]
)
def test_a_scenario_with_a_fault_says_which(text: str, says: str) -> None:
    """And what there is."""
    with pytest.raises(CameraError, match=says):
        scenario(text)


def test_too_small_a_picture_has_no_room_for_the_strip(time: PassingTime) -> None:
    """The camera says what it needs."""
    with pytest.raises(CameraError, match="160x120"):
        SyntheticCamera(clock=time.clock).open(Mode((320, 100)))


def test_a_camera_that_is_not_open_says_so() -> None:
    """Reading it is a mistake."""
    with pytest.raises(CameraError, match="not open"):
        SyntheticCamera().read(0)
