"""The command `imagenode` does what its words say, and its exit code tells how that went."""

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from imagehub.errors import MissingExtraError
from imagehub.node import cli, making
from imagehub.node.settings.settings import RecordingSettings
from imagehub.node.working import Shared
from imagehub.status import StatusServer

YAML = "node: {name: Barn}\nhub_address: {H1: 'tcp://127.0.0.1:9'}\n"
DOCUMENT = {
    "version": "1",
    "node": "Barn",
    "uptime_seconds": 1.0,
    "cameras": [],
    "agents": [],
    "faults": [],
    "delivery": None,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A settings file with two cameras, one of which can't be one."""
    found = tmp_path / "imagenode.yaml"
    cameras = "cameras: {W1: {src: 'synthetic', viewname: a}, W2: {src: gone, viewname: b}}\n"
    found.write_text(YAML + cameras)
    return found


def test_check_config_says_ok_or_every_fault(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults go to standard error, one a line, with exit code 2."""
    assert cli.main(["check-config", str(path)]) == 0
    assert capsys.readouterr().out == "ok\n"
    path.write_text(YAML + "cameras: {P1: {framerate: 0, iso: 3}}")
    assert cli.main(["check-config", str(path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.startswith(f"imagenode: {path}:3: cameras.P1.") for line in lines] == [True, True]


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the command."""
    for words in (["run"], [], ["status"], ["cameras"], ["unit"]):
        assert cli.main([*words, "--path", str(tmp_path)]) == 2
        assert f"{tmp_path}/imagenode.yaml: no such file" in capsys.readouterr().err


def test_cameras_tells_what_each_gives(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that can't be opened is told, and makes the exit code 1."""
    monkeypatch.setattr("imagehub.node.trying.LOOK_SECONDS", 0.2)
    assert cli.main(["cameras", "--path", str(path)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("W1 (synthetic): 320x240 pixels, ")
    assert second.startswith(f"W2 ({path.parent}/gone): failed: ")
    path.write_text(YAML)
    assert cli.main(["cameras", "--path", str(path)]) == 0
    assert capsys.readouterr().out == "there is no camera in the settings\n"


def test_status_asks_the_running_node(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As text, or as JSON; where no node runs the exit code is 1."""
    server = StatusServer(path.parent / "imagenode_run", lambda: DOCUMENT)
    server.start()
    try:
        assert cli.main(["status", "--path", str(path)]) == 0
        assert capsys.readouterr().out.startswith("node Barn, up ")
        assert cli.main(["status", "--json", "--path", str(path)]) == 0
        assert json.loads(capsys.readouterr().out) == DOCUMENT
    finally:
        server.close()
    assert cli.main(["status", "--path", str(path)]) == 1
    assert "no node answers at" in capsys.readouterr().err


def test_unit_prints_a_unit(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For this installation and these settings."""
    assert cli.main(["unit", "--path", str(path), "--user", "pi"]) == 0
    printed = capsys.readouterr().out
    assert f"run --path {path}\n" in printed
    assert f"ReadWritePaths={path.parent}/imagenode_spool {path.parent}/imagenode_run\n" in printed


def test_print_settings_prints_them(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, or those of one camera."""
    path.write_text(YAML + "cameras: {W1: {print_settings: True, viewname: Yard}}")
    cli._print(cli._load(cli._parser().parse_args(["run", "--path", str(path)]))[0])
    assert "view: Yard" in (printed := capsys.readouterr().err)
    assert "hubs:" not in printed
    path.write_text(YAML.replace("Barn", "Barn, print_settings: True"))
    cli._print(cli._load(cli._parser().parse_args(["run", "--path", str(path)]))[0])
    assert "hubs:" in capsys.readouterr().err


def test_help_waits_for_no_camera_library() -> None:
    """OpenCV, numpy and ZeroMQ are loaded by the commands that need them."""
    code = (
        "import sys, imagehub.node.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('cv2', 'numpy', 'zmq', 'gpiozero', 'av') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_recording_without_the_colony_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra of its own."""
    monkeypatch.setattr(making, "AGENTS", "imagehub.colony.agent.of_another_planet")
    with pytest.raises(MissingExtraError, match=r"imagehub\[colony\]"):
        making.colony_agent(RecordingSettings("one", "P1"), cast(Shared, None))
