"""What the conductor promises, with agents in this process that record without cameras."""

import time
from pathlib import Path
from typing import Any

import pytest

from colonies import FakeColony, Heard, fake_colony, write_settings
from imagehub.colony.conductor import conductor as conductor_module
from imagehub.colony.conductor import watching
from imagehub.colony.conductor.comparing import ClockRefusedError
from imagehub.colony.conductor.conductor import Conductor, NotRecordingError
from imagehub.colony.conductor.remote import CameraFailedError
from imagehub.errors import ImagehubError, SettingsError
from running import free_port, until


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have heartbeats follow each other quickly."""
    monkeypatch.setattr(watching, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(conductor_module, "ANSWER_SECONDS", 0.5)


def states(colony: FakeColony) -> list[str]:
    """Return the state of each agent."""
    return [agent.state for agent in colony.agents.values()]


def test_all_cameras_get_their_plan_and_one_instant(tmp_path: Path) -> None:
    """Translated into the time of each clock."""
    with fake_colony(tmp_path, "left", "right") as colony:
        colony.worlds["right"].ahead_ns = 3_000_000
        with Conductor(colony.settings({"framerate": 25, "source": "synthetic"})) as conductor:
            conductor.start_acquisition()
            assert conductor.acquiring
            left, right = (colony.worlds[name].recorders[0] for name in ("left", "right"))
            assert abs(right.started_ns - left.started_ns - 3_000_000) < 1_000_000
            assert (left.plan.instance, left.plan.mode.framerate) == ("left", 25)
            assert (left.plan.acquisition_group, left.plan.acquisition_name) == ("barn", "barn__first")
            assert colony.worlds["left"].sources == ["synthetic"]
            outcome = conductor.stop_acquisition()
            assert not conductor.acquiring
    assert outcome is not None
    for name, (path,) in outcome.files.items():
        assert path.read_bytes() == next((tmp_path / name).rglob("*.h264")).read_bytes()
    assert (outcome.folder / "report.json").exists()


def test_a_clock_beyond_the_limit_is_refused_with_name_and_figure(tmp_path: Path) -> None:
    """Nobody records then, and the way to mend it is told."""
    with fake_colony(tmp_path, "left", "right") as colony:
        colony.worlds["right"].ahead_ns = 20_000_000
        with (
            Conductor(colony.settings()) as conductor,
            pytest.raises(ClockRefusedError, match=r"right is (19\.\d|20\.\d) ms ahead .*chrony") as caught,
        ):
            conductor.start_acquisition()
        assert "left is" not in str(caught.value)
        assert states(colony) == ["idle", "idle"]
        assert colony.worlds["left"].recorders == []


def test_where_none_may_be_missing_a_camera_that_cant_be_armed_stops_the_start(tmp_path: Path) -> None:
    """The others are given free, and the camera is named with its own words."""
    with fake_colony(tmp_path, "left", "right") as colony:
        colony.worlds["right"].arm_fault = "no camera 0"
        with (
            Conductor(colony.settings(on_camera_failure="stop")) as conductor,
            pytest.raises(CameraFailedError, match="right: no camera 0"),
        ):
            conductor.start_acquisition()
        assert states(colony) == ["idle", "idle"]
        assert colony.worlds["left"].recorders[0].stops == 1


def test_else_the_others_record(tmp_path: Path) -> None:
    """And the failure is told at once, and in the end."""
    heard = Heard()
    with fake_colony(tmp_path, "left", "right") as colony:
        colony.worlds["right"].arm_fault = "no camera 0"
        with Conductor(colony.settings(), on_failure=heard) as conductor:
            conductor.start_acquisition()
            assert heard.told == [("right", "no camera 0")]
            assert states(colony) == ["recording", "idle"]
            outcome = conductor.stop_acquisition()
    assert outcome is not None
    assert outcome.failures == {"right": "no camera 0"}
    assert outcome.passed is False
    assert "right: no camera 0" in (outcome.folder / "AUDIT-FAILED.txt").read_text()


def test_where_no_camera_is_left_nothing_is_started(tmp_path: Path) -> None:
    """Also where cameras may be missing."""
    with fake_colony(tmp_path, "left") as colony:
        colony.worlds["left"].free_bytes = 10
        with (
            Conductor(colony.settings()) as conductor,
            pytest.raises(CameraFailedError, match=r"left: .* has 10 B free"),
        ):
            conductor.start_acquisition()


@pytest.mark.parametrize(("setting", "others"), [("continue", "recording"), ("stop", "idle")])
def test_a_camera_that_fails_meanwhile_is_named_and_the_others_do_as_set(
    tmp_path: Path, setting: str, others: str
) -> None:
    """Going on, or stopping with what they have."""
    heard = Heard()
    with fake_colony(tmp_path, "left", "right") as colony:
        with Conductor(colony.settings(on_camera_failure=setting), on_failure=heard) as conductor:
            conductor.start_acquisition()
            colony.worlds["left"].recorders[0].fault = "left: unplugged"
            heard.wait_for(lambda words: words == ("left", "left: unplugged"))
            until(lambda: conductor.acquiring == (others == "recording"), "the conductor to know")
            assert states(colony) == ["fault", others]
            outcome = conductor.stop_acquisition()
        assert outcome is not None
        assert set(outcome.files) == {"left", "right"}


def test_a_recording_whose_time_is_up_ends_by_itself(tmp_path: Path) -> None:
    """The conductor notices, and the files can be fetched."""
    with fake_colony(tmp_path, "left") as colony:
        with Conductor(colony.settings(), max_acquisition_time=60) as conductor:
            conductor.start_acquisition()
            assert colony.worlds["left"].recorders[0].plan.max_seconds == 60
            colony.worlds["left"].ahead_ns = 62 * 10**9
            until(lambda: not conductor.acquiring, "the end")
            outcome = conductor.stop_acquisition()
        assert outcome is not None
        assert outcome.failures == {}


def test_calibration_takes_two_pictures_a_second_that_can_be_watched(tmp_path: Path) -> None:
    """Whatever the settings say."""
    with fake_colony(tmp_path, "left") as colony:
        with Conductor(colony.settings({"stream_port": 8011}), run_for_calibration=True) as conductor:
            conductor.start_acquisition()
        plan = colony.worlds["left"].recorders[0].plan
        assert (plan.mode.framerate, plan.stream_port) == (2, 8011)


def test_without_collecting_files_stay_on_the_cameras(tmp_path: Path) -> None:
    """Then there is nothing to audit."""
    with fake_colony(tmp_path, "left") as colony:
        with Conductor(colony.settings(collect=False)) as conductor:
            conductor.start_acquisition()
            outcome = conductor.stop_acquisition()
        assert outcome is not None
        assert (outcome.passed, outcome.files) == (None, {})


def test_the_log_of_all_cameras_is_gathered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In one file, and line by line for who wants it; without what was logged before."""
    caplog.set_level("INFO", logger="imagehub")
    lines = Heard()
    with (
        fake_colony(tmp_path, "left", "right") as colony,
        Conductor(colony.settings(), logging_stream_callback=lines) as conductor,
    ):
        conductor.start_acquisition()
        lines.wait_for(lambda words: " right " in words[0] and "clock" not in words[0])
        conductor.stop_acquisition()
    (log,) = (tmp_path / "gathered").rglob("*.log")
    assert [words[0] for words in lines.told] == log.read_text().splitlines()
    assert "conductor INFO left: clock" in log.read_text()


def test_states_are_told_of_agents_that_are_there_and_that_are_not(tmp_path: Path) -> None:
    """The latter with why."""
    with fake_colony(tmp_path, "left") as colony:
        ports = {**colony.ports, "right": free_port()}
        with Conductor(write_settings(tmp_path, ports, {}, {})) as conductor:
            found = conductor.states()
            assert conductor.stop_agents()["left"] == "idle"
    assert found["left"]["state"] == "idle"
    assert "no answer from tcp://127.0.0.1" in found["right"]["why"]


def test_arguments_of_former_scripts_are_taken_and_others_are_not(tmp_path: Path) -> None:
    """So scripts of RPi Camera Colony run as they are."""
    path = write_settings(tmp_path, {"left": free_port()}, {}, {})
    conductor = Conductor(config_file=path, acquisition_name="x__y", auto_init=False, delay_for_networking=4)
    assert conductor.stop_acquisition() is None
    conductor.cleanup()
    assert not conductor.active
    with pytest.raises(TypeError, match="unexpected keyword argument 'nme'"):
        Conductor(path, nme="x")
    with pytest.raises(TypeError, match="needs a settings_file"):
        Conductor()


@pytest.mark.parametrize("given", [{"acquisition_name": "../x"}, {"acquisition_group": "a/b"}])
def test_names_that_cant_be_folders_are_refused_at_once(tmp_path: Path, given: dict[str, Any]) -> None:
    """Before any camera is asked."""
    with pytest.raises(ImagehubError):
        Conductor(write_settings(tmp_path, {"left": free_port()}, {}, {}), **given)


def test_a_camera_without_an_address_is_told_with_its_line(tmp_path: Path) -> None:
    """The file as such is fine."""
    path = tmp_path / "colony.config"
    path.write_text("[controllers]\n[[left]]\nframerate = 30\n")
    with Conductor(path) as conductor, pytest.raises(SettingsError, match=r":2: \[controllers\] \[\[left\]\] address"):
        conductor.start_acquisition()


def test_a_conductor_records_once_at_a_time(tmp_path: Path) -> None:
    """And not for no time."""
    with fake_colony(tmp_path, "left") as colony:
        with Conductor(colony.settings()) as conductor:
            conductor.start_acquisition()
            with pytest.raises(NotRecordingError, match="stop it first"):
                conductor.start_acquisition()
        with Conductor(colony.settings(max_acquisition_time=0)) as conductor, pytest.raises(NotRecordingError):
            conductor.start_acquisition()


def test_offsets_are_measured_while_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in the session's record of clocks."""
    monkeypatch.setattr(watching, "CLOCK_SECONDS", 0.05)
    with fake_colony(tmp_path, "left") as colony:
        with Conductor(colony.settings()) as conductor:
            conductor.start_acquisition()
            session = conductor.session
            assert session is not None
            until(lambda: len(session.standings["left"].offsets) > 3, "more offsets")
            outcome = conductor.stop_acquisition()
        assert outcome is not None
        assert (outcome.folder / "clocks.json").read_text().count('"at_ns"') > 3


def test_an_agent_that_was_started_anew_is_named(tmp_path: Path) -> None:
    """Its recording was cut off, even where it answers at once."""
    heard = Heard()
    with fake_colony(tmp_path, "left") as colony, Conductor(colony.settings(), on_failure=heard) as conductor:
        conductor.start_acquisition()
        colony.agents.pop("left").close()
        colony.start("left")
        _, why = heard.wait_for(lambda words: words[0] == "left")
        assert "started anew" in why or "no answer" in why
        began = time.monotonic()
        conductor.stop_acquisition()
        assert time.monotonic() - began < 10


def test_what_is_still_on_the_cameras_can_be_fetched_later(tmp_path: Path) -> None:
    """By another conductor; a camera that is away is told."""
    with fake_colony(tmp_path, "left") as colony:
        with Conductor(colony.settings(collect=False)) as conductor:
            conductor.start_acquisition()
        path = write_settings(tmp_path, {**colony.ports, "right": free_port()}, {}, {})
        with Conductor(path) as conductor:
            told = conductor.collect()
            assert told["left"] == "1 file"
            assert "no answer" in told["right"]
            assert len(list(conductor.folder.glob("*.left.*.h264"))) == 1


def test_a_camera_that_keeps_nothing_is_neither_fetched_from_nor_missed(tmp_path: Path) -> None:
    """It runs with the others, and neither report nor log look for its files."""
    with fake_colony(tmp_path, "left", "right") as colony:
        path = colony.settings(general_setting_has_priority=False)
        path.write_text(f"{path.read_text()}save_data = False\n")
        with Conductor(path) as conductor:
            conductor.start_acquisition()
            assert states(colony) == ["recording", "recording"]
            outcome = conductor.stop_acquisition()
    assert outcome is not None
    assert list(outcome.files) == ["left"]
    assert "right" not in outcome.text
    assert "still on the camera" not in next(outcome.folder.glob("*.log")).read_text()
