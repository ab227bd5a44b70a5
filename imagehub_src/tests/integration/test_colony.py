"""A conductor and agents as processes: they record together, and what goes wrong is named and mended."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from colonies import AgentProcess, Heard, agent_processes, write_settings
from imagehub import keys
from imagehub.colony import Conductor, ConductorAsProcess
from imagehub.colony.conductor.comparing import ClockRefusedError
from imagehub.colony.conductor.finishing import Outcome
from imagehub.colony.conductor.process import ConductorProcessError
from imagehub.colony.conductor.remote import CameraFailedError
from other_clocks import ahead
from running import until

CAMERA = {"framerate": 20, "resolution": (160, 120)}
KINDS = {
    "metadata.json", "timestamps.frames.csv", "timestamps.ttl.in.csv", "timestamps.ttl.out.csv", "video.h264",
    "video.h264.mp4",
}  # fmt: skip


def settings(folder: Path, agents: dict[str, AgentProcess], **general: object) -> Path:
    """Write the settings of a colony of these agents."""
    return write_settings(folder, {name: agent.port for name, agent in agents.items()}, CAMERA, general)


def record_frames(conductor: Conductor, frames: int = 20) -> None:
    """Start, and wait until all cameras that have not failed have so many frames."""
    conductor.start_acquisition()
    session = conductor.session
    assert session is not None
    until(lambda: all(each.figures["frames"] >= frames for each in session.good()), f"{frames} frames of each")


def stopped(conductor: Conductor) -> Outcome:
    """Stop, and return what came of it."""
    outcome = conductor.stop_acquisition()
    assert outcome is not None
    return outcome


def test_two_cameras_record_together_and_pass_the_audit(tmp_path: Path) -> None:
    """All files are here, the audit passes, and a second recording of the same name overwrites nothing."""
    with agent_processes(tmp_path, "left", "right") as agents, Conductor(settings(tmp_path, agents)) as conductor:
        record_frames(conductor)
        first = stopped(conductor)
        record_frames(conductor, 5)
        second = stopped(conductor)
    assert first.passed is True, first.text
    assert first.folder == tmp_path / "gathered" / "barn" / "barn__first"
    assert {name: {path.name.partition(".rcc.")[2] for path in paths} for name, paths in first.files.items()} == {
        "left": KINDS, "right": KINDS,
    }  # fmt: skip
    assert second.passed is True, second.text
    assert second.folder != first.folder
    log = next(first.folder.glob("*.log")).read_text()
    assert " left INFO armed" in log
    assert " right INFO armed" in log


def test_a_camera_whose_clock_is_50_ms_off_is_not_recorded_with(tmp_path: Path) -> None:
    """Arming is refused with its name and the figure, nothing is written; with its clock set right all is well."""
    with agent_processes(tmp_path, "left", "right") as agents:
        agents["right"].end()
        agents["right"].environment = ahead(0.05)
        agents["right"].start()
        with Conductor(settings(tmp_path, agents)) as conductor:
            with pytest.raises(ClockRefusedError, match=r"right is (49|50)[.0-9]* ms ahead") as refused:
                conductor.start_acquisition()
            assert "left" not in str(refused.value)
            assert not conductor.acquiring
            assert not list(tmp_path.glob("*/**/*.rcc.*"))
            agents["right"].end()
            agents["right"].environment = {}
            agents["right"].start()
            record_frames(conductor, 5)
            assert stopped(conductor).passed is True


def test_a_killed_camera_is_named_at_once_and_the_other_finishes(tmp_path: Path) -> None:
    """The one that is left has its files here and whole; the one that came back has what it saved; the audit fails."""
    heard = Heard()
    with (
        agent_processes(tmp_path, "left", "right") as agents,
        Conductor(settings(tmp_path, agents), on_failure=heard) as conductor,
    ):
        record_frames(conductor)
        killed = time.monotonic()
        agents["left"].end(signal.SIGKILL)
        heard.wait_for(lambda words: words[0] == "left")
        assert time.monotonic() - killed < 6
        assert conductor.acquiring
        agents["left"].start()
        outcome = stopped(conductor)
    assert outcome.passed is False
    assert "left: no answer" in outcome.text
    assert (outcome.folder / "AUDIT-FAILED.txt").exists()
    assert {path.name.partition(".rcc.")[2] for path in outcome.files["right"]} == KINDS
    assert any(path.name.endswith(".video.h264") for path in outcome.files["left"])


def test_a_recording_outlives_its_conductor(tmp_path: Path) -> None:
    """It goes on without one, another conductor is told so, and SIGTERM finishes its files."""
    with agent_processes(tmp_path, "left") as agents:
        first = Conductor(settings(tmp_path, agents))
        record_frames(first, 5)
        assert first._link is not None
        assert first.session is not None
        first.session.log.close()
        for watch in first._watches:
            watch.close()
        first._link.close()
        with Conductor(settings(tmp_path, agents)) as second:
            assert second.states()["left"]["state"] == "recording"
            with pytest.raises(CameraFailedError, match="left: it records barn__first already"):
                second.start_acquisition()
        agents["left"].end()
    assert list((tmp_path / "left").glob("barn/barn__first/*.video.h264.mp4"))


def test_with_keys_only_the_conductor_that_was_admitted_gets_in(tmp_path: Path) -> None:
    """The one with another key has no answer, and is told to look at its key."""
    for name, folder in (("agent", "agent"), ("conductor", "conductor"), ("conductor", "stranger")):
        keys.new(name, tmp_path / folder)
    (tmp_path / "agent" / "conductor.key").write_bytes((tmp_path / "conductor" / "conductor.key").read_bytes())
    for folder in ("conductor", "stranger"):
        (tmp_path / folder / "agent.key").write_bytes((tmp_path / "agent" / "agent.key").read_bytes())
    with agent_processes(tmp_path, "left", words=("--keys-directory", str(tmp_path / "agent"))) as agents:
        ports = {"left": agents["left"].port}
        own = write_settings(tmp_path, ports, CAMERA, {}, keys_directory=str(tmp_path / "conductor"))
        with Conductor(own) as conductor:
            assert conductor.states()["left"]["state"] == "idle"
        strange = write_settings(tmp_path, ports, CAMERA, {}, keys_directory=str(tmp_path / "stranger"))
        with Conductor(strange) as conductor, pytest.raises(CameraFailedError, match="has it this conductor's key"):
            conductor.start_acquisition()


def test_a_conductor_in_a_process_of_its_own(tmp_path: Path) -> None:
    """It records until it is stopped, and its files are there; what goes wrong there is raised here."""
    with agent_processes(tmp_path, "left") as agents:
        process = ConductorAsProcess({"settings_file": settings(tmp_path, agents)})
        process.start()
        assert process.wait_started(20)
        until(lambda: agents["left"].output().count("recording starts"), "the start")
        time_of_start = time.monotonic()
        until(lambda: time.monotonic() - time_of_start > 1, "some frames")
        process.stop(30)
        assert list((tmp_path / "gathered").rglob("*.left.*.mp4"))
    (tmp_path / "bad.config").write_text("[general]\nmax_acquisition_tim = 3\n")
    failing = ConductorAsProcess({"settings_file": tmp_path / "bad.config"})
    failing.start()
    with pytest.raises(ConductorProcessError, match="did you mean max_acquisition_time"):
        failing.join(30)


def test_the_former_agent_records_at_once_where_it_is_told(tmp_path: Path) -> None:
    """Without a conductor, and ends with the recording."""
    code = "import sys; from imagehub.colony import former; sys.exit(former.main('rcc_acquisition', sys.argv[1:]))"
    words = ["--auto-start", "-id", "left", "-p", str(tmp_path), "-n", "alone", "-g", "g", "-t", "1", "-fps", "20"]
    words += ["-res", "160", "120", "--source", "synthetic", "--bind-address", "127.0.0.1", "-cport", "0"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("g/alone/alone.left.*.rcc.video.h264.mp4"))
