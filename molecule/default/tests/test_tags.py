"""Each tag alone, on a node where the hub runs: what it touches, and what it leaves alone."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from nodes import PROJECT, Site, mend_nothing, play
from testinfra.host import Host

TAGS = ["deploy", "config", "service", "directories", "venv", "python_deps", "system_deps", "status", "health"]


def started(datasink: Host, site: Site, unit: str = "") -> str:
    """Return when a unit of the hub was started."""
    name = f"{site.service}{unit}.service"
    return str(datasink.check_output(f"systemctl show --property ActiveEnterTimestampMonotonic --value {name}"))


@pytest.fixture
def changed_code() -> Iterator[None]:
    """A line more in the hub's code, as an operator's update has it."""
    path = PROJECT / "imagehub_src" / "src" / "imagehub" / "errors.py"
    before = path.read_text()
    path.write_text(before + "\n# a new release\n")
    yield
    path.write_text(before)


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_changes_nothing_where_nothing_is_to_change(tag: str) -> None:
    """Every tag can be run again and again, by itself."""
    mend_nothing(play("--tags", tag))


def test_a_check_run_after_a_deployment_reports_no_change() -> None:
    """`--check --diff` on a node that is as it should be."""
    mend_nothing(play("--check", "--diff"))


def test_deploy_replaces_the_code_and_restarts_the_store_alone(datasink: Host, site: Site, changed_code: None) -> None:
    """The front keeps its connections; settings, units and environment are not looked at."""
    store, front = started(datasink, site), started(datasink, site, "-front")
    release = datasink.check_output(f"readlink {site.install}/current")
    played = play("--tags", "deploy")
    assert played.status == 0, played.output
    assert "Point at the release, in one step" in played.changed
    assert not {"Write the settings", "Install the unit of the store", "Make the Python environment"} & set(
        played.changed
    )
    assert datasink.check_output(f"readlink {site.install}/current") != release
    assert datasink.check_output(f"readlink {site.install}/previous") == release
    assert started(datasink, site) != store
    assert started(datasink, site, "-front") == front


def test_rollback_goes_to_the_release_before(datasink: Host, site: Site) -> None:
    """By hand, and there again: back and forth between two releases."""
    current, previous = (datasink.check_output(f"readlink {site.install}/{name}") for name in ("current", "previous"))
    played = play("--tags", "rollback")
    assert played.status == 0, played.output
    assert datasink.check_output(f"readlink {site.install}/current") == previous
    assert datasink.check_output(f"readlink {site.install}/previous") == current


def test_config_writes_the_settings_and_restarts_the_store_once(datasink: Host, site: Site) -> None:
    """Code and units stay."""
    store, front = started(datasink, site), started(datasink, site, "-front")
    played = play("--tags", "config", "--extra-vars", "imagehub_patience=7")
    assert played.status == 0, played.output
    assert played.changed == ["Write the settings", "Restart imagehub", "Drop the settings of before"]
    assert "patience: 7" in datasink.file(site.config).content_string
    assert started(datasink, site) != store
    assert started(datasink, site, "-front") == front
    assert play("--tags", "config").status == 0


def test_settings_that_the_hub_refuses_are_not_written(datasink: Host, site: Site) -> None:
    """The hub's own check says which value is wrong, and the hub runs on."""
    before, store = datasink.file(site.config).content_string, started(datasink, site)
    played = play("--tags", "config", "--extra-vars", "imagehub_max_message_bytes=12")
    assert played.status != 0
    assert "hub.max_message_bytes: expected whole number from 1024" in played.output
    assert datasink.file(site.config).content_string == before
    assert started(datasink, site) == store


def test_service_mends_a_unit_and_leaves_the_rest(datasink: Host, site: Site) -> None:
    """A unit that somebody edited is as it should be again."""
    datasink.check_output(f"sed -i 's/^WatchdogSec=.*/WatchdogSec=99s/' /etc/systemd/system/{site.service}.service")
    played = play("--tags", "service")
    assert played.status == 0, played.output
    assert played.changed == ["Install the unit of the store", "Restart imagehub"]
    assert datasink.check_output(f"systemctl show --property WatchdogUSec --value {site.service}") == "30s"


def test_directories_gives_the_data_back_to_the_account(datasink: Host, site: Site) -> None:
    """Owner and mode of the data directory are mended; nothing is restarted."""
    store = started(datasink, site)
    datasink.check_output(f"chown root {site.data}")
    played = play("--tags", "directories")
    assert played.changed == ["Make the data directory"]
    assert datasink.file(site.data).user == site.user
    assert started(datasink, site) == store


def test_python_deps_brings_back_what_is_missing(datasink: Host, site: Site) -> None:
    """A package that somebody removed is there again, from the wheels on the control node."""
    datasink.check_output(f"{site.python} -m pip uninstall --quiet --yes PyYAML")
    played = play("--tags", "python_deps")
    assert played.status == 0, played.output
    assert "Install the packages with their hashes" in played.changed
    datasink.check_output(f"{site.python} -c 'import yaml'")


def test_venv_makes_what_is_missing_only(datasink: Host, site: Site) -> None:
    """An environment that is gone is made anew; then it needs its packages."""
    datasink.check_output(f"rm -r {site.python.removesuffix('/bin/python')}")
    assert play("--tags", "venv").changed == ["Make the Python environment"]
    assert play("--tags", "python_deps").status == 0
    assert play("--tags", "health").status == 0


def test_status_shows_units_and_hub(site: Site) -> None:
    """What `systemctl` and `imagehub status` say, in the playbook's own output."""
    played = play("--tags", "status")
    assert f"Id={site.service}-front.service" in played.output
    assert "ready  up" in played.output


def test_health_says_what_the_hub_answered() -> None:
    """A test message, sent to the port and answered."""
    assert "answered OK in" in play("--tags", "health").output


def test_only_so_many_releases_stay(datasink: Host, site: Site, changed_code: None) -> None:
    """The oldest make way; the one in use and the one before it never do."""
    path = PROJECT / "imagehub_src" / "src" / "imagehub" / "errors.py"
    for number in range(3):
        path.write_text(f"{path.read_text()}# release {number}\n")
        assert play("--tags", "deploy", "--extra-vars", "imagehub_keep_releases=2").status == 0
    kept = datasink.check_output(f"ls -A {site.install}/releases").split()
    links = {datasink.check_output(f"readlink {site.install}/{name}").split("/")[1] for name in ("current", "previous")}
    assert set(kept) == links
    assert play("--tags", "deploy").status == 0


def test_a_reboot_brings_the_hub_back(datasink: Host, site: Site) -> None:
    """After a restart of the whole node senders are answered, and what was stored is there."""
    images = datasink.check_output(f"ls {site.data}/images/*")
    name = datasink.backend.name
    subprocess.run([os.environ["MOLECULE_ENGINE"], "restart", "--time", "20", name], check=True, capture_output=True)
    datasink.check_output("systemctl is-system-running --wait || true")
    datasink.check_output(f"{site.service} probe --seconds 30")
    assert datasink.check_output(f"ls {site.data}/images/*") == images


def test_uninstall_leaves_what_was_stored(datasink: Host, site: Site) -> None:
    """Units, code, settings and the command are gone; images, log and journal are not. A deployment brings it back."""
    images = datasink.check_output(f"ls {site.data}/images/*")
    played = play("--tags", "uninstall")
    assert played.status == 0, played.output
    assert datasink.check_output(f"ls /etc/systemd/system | grep -c {site.service} || true") == "0"
    assert not datasink.file(site.install).exists
    assert not datasink.file(site.config).exists
    assert datasink.check_output(f"ls {site.data}/images/*") == images
    assert play().status == 0
    datasink.check_output(f"{site.service} check")
