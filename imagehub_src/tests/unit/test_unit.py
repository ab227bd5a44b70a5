"""The units are sound for systemd, name the right process and folders, and confine both processes alike."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from imagehub import unit
from imagehub.errors import ImagehubError
from requirements_here import require

NAMES: dict[unit.Which, str] = {"store": "imagehub.service", "front": "imagehub-front.service"}


class Unit(configparser.RawConfigParser):
    """A unit file; keys that stand more than once are not looked at here."""

    def __init__(self, text: str) -> None:
        super().__init__(strict=False)
        self.read_string(text)

    def optionxform(self, optionstr: str) -> str:
        """Keep names as systemd writes them."""
        return optionstr


def render(which: unit.Which, folder: Path = Path("/home/pi")) -> str:
    """Return a unit for a hub in a folder."""
    return unit.render(which, Path("/opt/hub/bin/imagehub"), folder, folder / "imagehub_data", "pi")


def test_the_store_unit_runs_the_store_process_and_never_gives_up() -> None:
    """It is watched, reloads, and starts again whatever it died of, while the front keeps its senders."""
    store = Unit(render("store"))
    assert store["Service"]["ExecStart"] == "/opt/hub/bin/imagehub run --only store --path /home/pi"
    assert store["Service"]["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert (store["Service"]["Type"], store["Service"]["WatchdogSec"]) == ("notify", "30s")
    assert (store["Service"]["Restart"], store["Service"]["RestartSec"]) == ("always", "100ms")
    assert store["Unit"]["StartLimitIntervalSec"] == "0"
    assert store["Unit"]["Wants"] == store["Unit"]["After"] == NAMES["front"]


def test_the_front_unit_does_not_go_down_with_the_store() -> None:
    """Nothing ties the front to the store's unit, so that restarting that leaves senders connected."""
    front = Unit(render("front"))
    assert front["Service"]["ExecStart"] == "/opt/hub/bin/imagehub run --only front --path /home/pi"
    assert NAMES["store"] not in " ".join(front["Unit"].values())
    assert (front["Service"]["Type"], front["Service"]["Restart"]) == ("notify", "always")


@pytest.mark.parametrize("which", ["store", "front"])
def test_a_process_writes_only_in_its_data_directory_and_has_no_rights(which: unit.Which) -> None:
    """What a sender could ever make the hub do ends at the data directory."""
    service = Unit(render(which))["Service"]
    assert (service["ProtectSystem"], service["ReadWritePaths"]) == ("strict", "/home/pi/imagehub_data")
    assert (service["NoNewPrivileges"], service["PrivateTmp"], service["CapabilityBoundingSet"]) == (
        "yes",
        "yes",
        "",
    )
    assert service["User"] == "pi"
    assert "AF_NETLINK" in service["RestrictAddressFamilies"].split()


@pytest.mark.parametrize("which", ["store", "front"])
def test_the_disk_is_mounted_first(which: unit.Which) -> None:
    """A hub does not fill the folder under a mount point."""
    assert Unit(render(which))["Unit"]["RequiresMountsFor"] == "/home/pi/imagehub_data /home/pi"


def test_paths_with_blanks_and_percent_signs_reach_systemd_whole() -> None:
    """They are quoted in the unit, and in its comments as a shell wants them."""
    text = render("store", Path("/srv/my 100% hub"))
    assert 'ReadWritePaths="/srv/my 100%% hub/imagehub_data"\n' in text
    assert '--only store --path "/srv/my 100%% hub"\n' in text
    assert "#   sudo install -d -o pi '/srv/my 100% hub/imagehub_data'\n" in text


def test_paths_go_without_dots_and_links(tmp_path: Path) -> None:
    """Systemd takes only paths that are spelled out."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    text = render("store", tmp_path / "link" / ".." / "link")
    assert f"ReadWritePaths={tmp_path}/real/imagehub_data\n" in text


@pytest.mark.parametrize("folder", ["/srv/a\nExecStart=x", '/srv/"', "/srv/$HOME", "/srv/\\"])
def test_paths_that_a_unit_cannot_have_are_refused(folder: str) -> None:
    """No path turns into another line of the unit."""
    with pytest.raises(ImagehubError, match="which units can't have: use another"):
        render("store", Path(folder))


def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    """`systemd-analyze verify` knows every line, but for the two that systemd 252 and 253 skip."""
    require(shutil.which("systemd-analyze"), "systemd-analyze (apt-get install systemd)")
    for which, name in NAMES.items():
        text = unit.render(which, Path("/bin/sh"), tmp_path, tmp_path / "my data", "root")
        (tmp_path / name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in NAMES.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "imagehub" in line]
    assert [line for line in complaints if "RestartSteps" not in line and "RestartMaxDelaySec" not in line] == []
    assert done.returncode == 0
