"""The unit of a node is sound for systemd, and lets it write in its own folders only."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from imagehub.errors import ImagehubError
from imagehub.node import unit
from imagehub.node.settings.settings import CameraSettings, NodeSettings, RecordingSettings, SpoolSettings
from requirements_here import require

SETTINGS = NodeSettings(
    "Barn",
    ("tcp://hub:5555",),
    cameras=(CameraSettings("P1", "picamera2"),),
    recordings=(RecordingSettings("one", "P1", data_directory=Path("/srv/films")),),
    spool=SpoolSettings(Path("/var/spool/node")),
    runtime_directory=Path("/run/node"),
)


def render(**words: object) -> str:
    """Return a unit."""
    given = {
        "executable": Path("/opt/node/bin/imagenode"),
        "settings_path": Path("/home/pi/imagenode.yaml"),
        "written": unit.folders(SETTINGS),
        "user": "pi",
    }
    return unit.render(**given | words)  # type: ignore[arg-type]


def test_it_runs_the_node_is_watched_and_never_gives_up() -> None:
    """SIGHUP reads the settings again."""
    lines = render().splitlines()
    for line in (
        "ExecStart=/opt/node/bin/imagenode run --path /home/pi/imagenode.yaml",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Type=notify",
        "User=pi",
        "WatchdogSec=60s",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "ReadWritePaths=/var/spool/node /run/node /srv/films",
    ):
        assert line in lines


def test_a_node_without_a_spool_on_disk_writes_none() -> None:
    """Its folders are the others."""
    settings = replace(SETTINGS, spool=SpoolSettings(None), recordings=())
    assert unit.folders(settings) == [Path("/run/node")]


def test_odd_paths_are_quoted_or_refused() -> None:
    """Blanks and per cent signs can stand in a unit; quotes and dollars can't."""
    text = render(settings_path=Path("/home/pi/my node/100%.yaml"))
    assert 'run --path "/home/pi/my node/100%%.yaml"' in text
    with pytest.raises(ImagehubError, match="which units can't have"):
        render(executable=Path("/opt/$node/imagenode"))


def test_systemd_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    """`systemd-analyze verify` knows every line, but for the two that systemd 252 and 253 skip."""
    require(shutil.which("systemd-analyze"), "systemd-analyze (apt-get install systemd)")
    path = tmp_path / "imagenode.service"
    path.write_text(render(executable=Path("/bin/true"), user="root"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "imagenode.service" in line]
    assert [line for line in complaints if "RestartSteps" not in line and "RestartMaxDelaySec" not in line] == []
