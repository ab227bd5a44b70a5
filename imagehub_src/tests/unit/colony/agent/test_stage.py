"""An agent's camera: armed, started at an instant, ended by word, by time or by a fault, its files always closed."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from colonies import FakeWorld
from imagehub.colony.agent.agent import Place
from imagehub.colony.agent.room import NoRoomError
from imagehub.colony.agent.stage import NotStartedError, Stage, Terms
from imagehub.colony.recording.plan import Plan
from imagehub.colony.states import NotNowError
from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import CameraError, Mode

PLAN = Plan("left", "barn__first", "barn", "20260131_120000", Mode((640, 480), 30), max_seconds=60)


class Staged:
    """A stage and the world that it lives in."""

    def __init__(self, data: Path | None, name: str = "left", source: str = "") -> None:
        self.world = FakeWorld()
        self.stage = Stage(Terms(name, source, data), self.world.surroundings())

    def armed(self, plan: Plan = PLAN) -> "Staged":
        """Arm it."""
        self.stage.arm(plan, "synthetic", "")
        return self

    def recording(self) -> "Staged":
        """Arm and start it."""
        self.armed().stage.start(time.time_ns() + 10**9)
        return self


@pytest.fixture
def staged(tmp_path: Path) -> Staged:
    """Give a stage that is idle."""
    return Staged(tmp_path)


def test_it_records_what_it_was_armed_for(staged: Staged) -> None:
    """From the instant that it was given, and tells the files afterwards."""
    at_ns = time.time_ns() + 10**9
    staged.armed().stage.start(at_ns)
    assert staged.stage.state == "recording"
    assert staged.world.recorders[0].started_ns == at_ns
    staged.stage.stop()
    status = staged.stage.status()
    assert (staged.stage.state, status["ended"], status["frames"]) == ("idle", "asked", 7)
    assert status["files"] == {"video": "barn__first.left.20260131_120000.rcc.video.h264"}
    assert status["session"] == {"group": "barn", "name": "barn__first"}


@pytest.mark.parametrize(("listens", "shows"), [("*", ""), ("127.0.0.1", "127.0.0.1")])
def test_pictures_are_shown_where_the_agent_listens(listens: str, shows: str, tmp_path: Path) -> None:
    """Who keeps an agent from other networks keeps its pictures from them too."""
    world = FakeWorld()
    terms = Terms("left", "", tmp_path, Place(54545, listens).stream_address)
    Stage(terms, world.surroundings()).arm(PLAN, "synthetic", "")
    assert world.stream_addresses == [shows]


def test_a_disk_without_room_is_refused(staged: Staged) -> None:
    """Before the camera is opened."""
    staged.world.free_bytes = 1000
    with pytest.raises(NoRoomError):
        staged.armed()
    assert (staged.stage.state, staged.world.recorders) == ("idle", [])


def test_a_camera_that_cant_be_opened_is_refused_and_tried_again(staged: Staged) -> None:
    """The agent stays idle, with the camera's own words."""
    staged.world.arm_fault = "picamera2: no camera 0"
    with pytest.raises(CameraError, match="no camera 0"):
        staged.armed()
    assert staged.stage.state == "idle"
    staged.world.arm_fault = ""
    assert staged.armed().stage.state == "armed"


def test_another_cameras_plan_is_refused(staged: Staged) -> None:
    """Exchanged addresses are found before anything is recorded under a wrong name."""
    with pytest.raises(NotStartedError, match="this agent is left, not right"):
        staged.armed(replace(PLAN, instance="right"))


def test_what_the_agent_was_started_with_goes_before_the_conductors_wishes(tmp_path: Path) -> None:
    """Camera and folder."""
    own = Staged(tmp_path, source="picamera2:1")
    own.stage.arm(PLAN, "synthetic", "/elsewhere")
    assert own.world.sources == ["picamera2:1"]
    assert own.stage.data_directory("/elsewhere") == tmp_path
    free = Staged(None)
    assert free.stage.data_directory("/home/pi/data/") == Path("/home/pi/data")


@pytest.mark.parametrize("path", ["", "data", "/data/../etc"])
def test_a_folder_that_is_none_is_refused(path: str) -> None:
    """A conductor may be wrong, or somebody else."""
    with pytest.raises(NotStartedError):
        Staged(None).stage.data_directory(path)


@pytest.mark.parametrize("lead_seconds", [-0.5, 3600])
def test_a_start_that_is_past_or_far_away_is_refused(staged: Staged, lead_seconds: float) -> None:
    """It stays armed, and can be told again."""
    staged.armed()
    with pytest.raises(NotStartedError, match="start_lead_seconds"):
        staged.stage.start(time.time_ns() + round(lead_seconds * 1e9))
    assert staged.stage.state == "armed"


def test_a_recording_ends_when_its_time_is_up(staged: Staged) -> None:
    """By the clock of the agent, from the agreed instant on."""
    staged.recording()
    assert staged.stage.must_end() == ""
    staged.world.ahead_ns = 62 * 10**9
    assert staged.stage.must_end() == "max_acquisition_time"
    staged.stage.stop(staged.stage.must_end())
    assert (staged.stage.state, staged.stage.status()["ended"]) == ("idle", "max_acquisition_time")


def test_a_fault_ends_the_recording_with_its_files_closed(staged: Staged) -> None:
    """And says what failed until it is disarmed."""
    staged.recording()
    staged.world.recorders[0].fault = "picamera2: cable"
    staged.stage.stop(staged.stage.must_end())
    assert (staged.stage.state, staged.stage.status()["fault"]) == ("fault", "picamera2: cable")
    assert staged.world.recorders[0].stops == 1
    assert staged.stage.status()["files"]
    with pytest.raises(NotNowError, match="disarm it first"):
        staged.armed()
    staged.stage.disarm()
    assert (staged.stage.state, staged.stage.status()["fault"]) == ("idle", "")


def test_stop_gives_up_what_was_only_armed_and_may_be_said_twice(staged: Staged) -> None:
    """The camera is free then."""
    staged.armed().stage.stop()
    staged.stage.stop()
    assert (staged.stage.state, staged.world.recorders[0].stops) == ("idle", 1)


def test_a_recording_cant_be_disarmed_or_armed_over(staged: Staged) -> None:
    """It must be stopped."""
    staged.recording()
    for do in (staged.stage.disarm, staged.armed):
        with pytest.raises(NotNowError, match="stop it first"):
            do()


def test_a_preview_ends_where_a_recording_is_armed(staged: Staged) -> None:
    """One that can't be served leaves the agent idle."""
    staged.stage.preview(Mode((160, 120), 2), 0, "synthetic")
    assert staged.stage.state == "previewing"
    staged.stage.preview(Mode((160, 120), 2), 0, "synthetic")
    assert staged.armed().stage.state == "armed"
    staged.stage.stop()
    with pytest.raises((ImagehubError, OverflowError)):
        staged.stage.preview(Mode((160, 120), 2), 1 << 20, "synthetic")
    assert staged.stage.state == "idle"
