"""A deployed hub does what it is for, and can do nothing else. Looked at while it runs, not read from its unit."""

import json

from nodes import Site
from sandbox import assert_nobody_in_particular, assert_rated_low, assert_writes, pid
from testinfra.host import Host

PICTURE = r"printf '\377\330\377\340 a picture \377\331'"


def units(site: Site) -> list[str]:
    """Return the two units of a hub."""
    return [site.service, f"{site.service}-front"]


def send(datasink: Host, site: Site, text: str) -> str:
    """Send a picture from the node itself, and return its path on the node."""
    path = f"/tmp/{text}.jpg"
    datasink.check_output(f"{PICTURE} > {path} && echo {text} >> {path}")
    address = "127.0.0.1" if site.bind == "0.0.0.0" else site.bind
    curve = curve_words(datasink, site)
    datasink.check_output(
        f"{site.service} send --hub tcp://{address}:{site.port} --node {text} --view P1 {curve} {path}"
    )
    return path


def test_it_runs_now_and_at_each_boot(datasink: Host, site: Site) -> None:
    """Both processes are up, and start with the machine."""
    for unit in units(site):
        assert datasink.service(unit).is_running
        assert datasink.service(unit).is_enabled


def test_an_image_that_is_sent_is_on_the_disk_byte_for_byte(datasink: Host, site: Site) -> None:
    """What was acknowledged is in the data directory, under the day and the camera's name."""
    path = send(datasink, site, "Barn")
    stored = datasink.check_output(f"ls {site.data}/images/*/Barn-P1-*.jpg").split()[-1]
    assert datasink.check_output(f"sha256sum < {stored}") == datasink.check_output(f"sha256sum < {path}")
    assert datasink.file(stored).user == site.user


def test_an_event_is_in_the_log_of_the_unit_with_its_node(datasink: Host, site: Site) -> None:
    """`journalctl -u imagehub` finds it, by its node too."""
    address = "127.0.0.1" if site.bind == "0.0.0.0" else site.bind
    curve = curve_words(datasink, site)
    datasink.check_output(
        f"{site.service} send --hub tcp://{address}:{site.port} --node Barn --view P1 {curve} --event 'motion|moving'"
    )
    lines = datasink.check_output(f"journalctl -u {site.service} IMAGEHUB_NODE=Barn -o cat --no-pager")
    assert "Barn P1|motion|moving" in lines


def curve_words(datasink: Host, site: Site) -> str:
    """Return what a sender on the node needs where the hub wants CURVE."""
    keys = f"/etc/{site.service}/keys"
    return f"--hub-key {keys}/hub.key --key {keys}/probe.key_secret" if datasink.file(keys).exists else ""


def test_it_listens_where_it_was_told_to_and_nowhere_else(datasink: Host, site: Site) -> None:
    """The hub's processes have one TCP port open."""
    found = set()
    for unit in units(site):
        lines = datasink.check_output("ss -Hltnp").splitlines()
        found |= {line.split()[3] for line in lines if f"pid={pid(datasink, unit)}," in line}
    assert f"{site.bind}:{site.port}" in found


def test_it_is_nobody_in_particular(datasink: Host, site: Site) -> None:
    """Own account, no capability, no way to gain any, a system call filter."""
    for unit in units(site):
        assert_nobody_in_particular(datasink, unit, site.user)


def test_it_can_write_its_data_and_nothing_else(datasink: Host, site: Site) -> None:
    """In the process's own view of the file system, all but its data directory is read-only."""
    for unit in units(site):
        assert_writes(datasink, unit, [site.data], ["/usr", "/etc", "/var", f"/home/{site.user}", site.install])


def test_systemd_rates_its_exposure_low(datasink: Host, site: Site) -> None:
    """At most 1.5 on the scale of `systemd-analyze security`, where 10 is unguarded."""
    for unit in units(site):
        assert_rated_low(datasink, unit)


def test_its_account_can_not_change_its_code(datasink: Host, site: Site) -> None:
    """Releases, settings and units belong to root."""
    owned = datasink.check_output(
        f"find {site.install} {site.config} /etc/systemd/system/{site.service}*.service -user {site.user}"
    )
    assert owned == ""


def test_a_store_that_is_killed_is_back(datasink: Host, site: Site) -> None:
    """Systemd starts it again, and senders are answered."""
    before = pid(datasink, site.service)
    datasink.check_output(f"kill -KILL {before}")
    datasink.check_output(f"{site.service} probe --seconds 20")
    assert pid(datasink, site.service) != before


def test_the_status_is_there_to_read(datasink: Host, site: Site) -> None:
    """`imagehub status` needs no path on a deployed node."""
    status = json.loads(datasink.check_output(f"{site.service} status --json"))
    assert status["state"] == "ready"
    assert status["data_directory"] == site.data


def test_the_data_is_sound(datasink: Host, site: Site) -> None:
    """Journal, files and checksums agree."""
    datasink.check_output(f"{site.service} check")
