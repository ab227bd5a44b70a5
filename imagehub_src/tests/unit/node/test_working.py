"""The parts of a node start and end together, and one that can't work does not hold up the others."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from fake_nodes import Box, FakePart, Surroundings, frame
from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import CameraError, Mode
from imagehub.node.settings.settings import (
    CameraSettings,
    LightSwitch,
    NodeSettings,
    RecordingSettings,
    SensorSettings,
)
from imagehub.node.working import Works
from running import until

SETTINGS = NodeSettings(
    "Barn",
    ("tcp://hub:5555",),
    cameras=(CameraSettings("P1", "picamera2", "Yard"), CameraSettings("W1", "0", "Gate")),
    sensors=(SensorSettings("T1", "Temp", "DHT22"),),
    lights=(LightSwitch("L1", "lamp"),),
    recordings=(RecordingSettings("camera_1", "W1"),),
)


def works(surroundings: Surroundings, box: Box, settings: NodeSettings = SETTINGS) -> Works:
    """Return the parts of a node, not started."""
    return Works(settings, surroundings.makers(settings), box)


def test_frames_go_through_the_views_to_the_outbox() -> None:
    """Each camera under its own name."""
    surroundings, box = Surroundings(), Box()
    all_of_it = works(surroundings, box)
    all_of_it.start()
    for number, shared in enumerate(surroundings.shared):
        shared.subscriptions[0].give(frame(number))
    until(lambda: len(box.posts) == 2, "both images")
    all_of_it.close()
    assert sorted(box.texts()) == ["Barn Gate|jpg", "Barn Yard|jpg"]
    assert all(one.closed for one in surroundings.shared)


def test_sensors_lamps_and_agents_are_started_and_ended() -> None:
    """The agent gets the camera that its settings name."""
    surroundings = Surroundings()
    all_of_it = works(surroundings, Box())
    all_of_it.start()
    until(lambda: len(surroundings.parts) == 3, "sensor, lamps and agent")
    until(lambda: all(part.started for part in surroundings.parts), "their start")
    (agent,) = all_of_it.agents
    assert isinstance(agent, FakePart)
    assert agent.words == (SETTINGS.recordings[0], surroundings.shared[1])
    assert not all_of_it.busy()
    agent.state = "recording"
    assert all_of_it.busy()
    all_of_it.close()
    assert all(part.closed for part in surroundings.parts)


def test_a_part_that_can_t_work_is_told_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    """Its fault stands in the status."""
    surroundings, box = Surroundings(), Box()

    def broken(*_: Any) -> FakePart:
        raise ImagehubError("no such pin")

    makers = replace(surroundings.makers(SETTINGS), sensor=broken)
    all_of_it = Works(SETTINGS, makers, box)
    all_of_it.start()
    until(all_of_it.faults, "the fault")
    surroundings.shared[0].subscriptions[0].give(frame(1))
    until(lambda: box.posts, "an image")
    all_of_it.close()
    assert all_of_it.faults() == ["no such pin"]
    assert "sensor T1 does not work: no such pin" in caplog.text


def test_the_lamps_can_tell_events() -> None:
    """Under the node's name."""
    surroundings, box = Surroundings(), Box()
    all_of_it = works(surroundings, box, replace(SETTINGS, cameras=(), recordings=(), sensors=()))
    all_of_it.start()
    until(lambda: surroundings.parts, "the lamps")
    surroundings.parts[0].words[1]("Lamp|lamp failed")
    all_of_it.close()
    assert box.texts() == ["Barn|Lamp|lamp failed"]


def test_a_source_that_is_no_camera_is_told_before_anything_is_opened() -> None:
    """So that the settings before can go on."""
    surroundings = Surroundings()
    settings = replace(SETTINGS, cameras=(CameraSettings("P1", "none"),), recordings=())
    with pytest.raises(CameraError, match="none is no camera"):
        works(surroundings, Box(), settings)


@pytest.mark.parametrize(("wanted", "labels"), [("", ["P1", "W1"]), ("Gate", ["W1"]), ("P1", ["P1"]), ("Hall", [])])
def test_cameras_are_found_by_view_and_by_label(wanted: str, labels: list[str]) -> None:
    """All of them where none is named."""
    found = works(Surroundings(), Box()).of_view(wanted)
    assert [one.settings.label for one in found] == labels


def test_the_resolution_can_be_set_unless_an_agent_has_the_camera() -> None:
    """The rest of its mode stays; an agent with a fault has given the camera free."""
    surroundings = Surroundings()
    camera = works(surroundings, Box()).cameras[1]
    camera.set_resolution((640, 480))
    assert surroundings.shared[1].modes == [(Mode((640, 480)), None)]
    for state, lent in (("armed", True), ("recording", True), ("fault", False), ("idle", False)):
        surroundings.parts[0].state = state
        assert camera.lent == lent == camera.status()["lent"]
    surroundings.parts[0].state = "previewing"
    with pytest.raises(ImagehubError, match="W1 is at a conductor's disposal"):
        camera.set_resolution((320, 240))


def test_a_camera_without_frames_stalls_unless_it_is_known_why() -> None:
    """A fault, or a recording that begins later, is no stall."""
    surroundings = Surroundings()
    all_of_it = works(surroundings, Box())
    first, second = all_of_it.cameras
    beaten: list[str] = []
    for one in all_of_it.cameras:
        one.pulse.beat = lambda label=one.settings.label: beaten.append(label)  # type: ignore[method-assign,misc]
    surroundings.shared[1].fault = "unplugged"
    all_of_it.start()
    until(lambda: "W1" in beaten, "a beat of the camera that is known to be unplugged", 10)
    all_of_it.close()
    assert set(beaten) == {"W1"}
    assert [one.status()["fault"] for one in (first, second)] == [None, "unplugged"]


def test_a_part_that_does_not_end_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the node ends in time, so that the spool is written."""
    monkeypatch.setattr("imagehub.node.working.CLOSE_SECONDS", 0.05)
    surroundings = Surroundings()
    all_of_it = works(surroundings, Box())
    all_of_it.start()
    hung = threading.Event()
    surroundings.shared[0].close = hung.wait  # type: ignore[method-assign,assignment]
    all_of_it.close()
    assert surroundings.shared[1].closed
    hung.set()
