"""A librarian beside a hub: what cameras send is on its page, in its database and at the broker."""

import hashlib
import os
import re
import shutil
import subprocess
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest
from nodes import PROJECT, Site, mend_nothing, node, play, until
from sandbox import assert_nobody_in_particular, assert_rated_low, assert_writes, pid
from testinfra.host import Host

CONVERGE = "molecule/librarian/converge.yml"
UNIT = "imagehub-librarian"
INSTALL = "/home/ops/imagehub-librarian"
DATA = "/home/ops/sentinelcam/librarian"
PAGE = "http://127.0.0.1:22175"
SECRETS = ("kept-by-the-database", "kept-by-the-broker")


def send(count: int = 1) -> list[str]:
    """Send images with the stock sender, each acknowledged by the hub, and return their digests."""
    sent = node("librarian-east").check_output(f"/opt/venv/bin/python /opt/camera.py librarian-data1 {count}")
    return str(sent).split()


def cataloged() -> int:
    """Return how many images the catalog in PostgreSQL has of the camera."""
    query = "SELECT count(*) FROM images WHERE path LIKE 'images/%/librarian-east-P1-%'"
    return int(node("librarian-database").check_output(f'runuser -u postgres -- psql -At catalog -c "{query}"'))


def stored(datasink: Host, site: Site) -> int:
    """Return how many images the hub has of the camera."""
    return len(datasink.check_output(f"find {site.data}/images -name 'librarian-east-P1-*.jpg'").splitlines())


def hub_processes(datasink: Host) -> list[str]:
    """Return the processes of the hub, which are others once one was started anew."""
    return [pid(datasink, unit) for unit in ("imagehub", "imagehub-front")]


def release(datasink: Host) -> str:
    """Return the name of the librarian's release that is in use."""
    return str(datasink.check_output(f"readlink {INSTALL}/current"))


def log(datasink: Host) -> str:
    """Return what the librarian logged."""
    return str(datasink.check_output(f"journalctl -u {UNIT} -o cat --no-pager"))


def get(browser: OpenerDirector, path: str, fields: dict[str, str] | None = None) -> bytes:
    """Get a page through the published address, or send a form."""
    with browser.open(PAGE + path, urlencode(fields).encode() if fields else None, timeout=10) as answer:
        return bytes(answer.read())


@pytest.fixture(scope="module")
def browser(datasink: Host) -> OpenerDirector:
    """Somebody who signed up by the link in the log of the service."""
    signed_up = build_opener(HTTPCookieProcessor(CookieJar()))
    link = re.findall(r"https?://\S+(/first/\S+)", log(datasink))[-1]
    form = get(signed_up, link).decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    get(signed_up, "/first", hidden | {"name": "Alex", "mail": "", "password": "a long password of molecule"})
    return signed_up


def test_an_image_of_a_stock_sender_is_seen_on_the_page(browser: OpenerDirector) -> None:
    """Its camera is named there, and what a browser gets are the bytes that were sent."""
    (sent,) = send()

    def seen() -> bool:
        gallery = get(browser, "/gallery").decode()
        numbers = set(re.findall(r"/images/(\d+)", gallery))
        return "librarian-east" in gallery and sent in {
            hashlib.sha256(get(browser, f"/images/{number}/file")).hexdigest() for number in numbers
        }

    until(seen, "the image on the page")


def test_a_person_in_a_picture_is_seen(browser: OpenerDirector) -> None:
    """By the models that the role installed from packages of the control node, in the sandbox of the unit."""
    (camera,) = set(re.findall(r'href="/cameras/(\d+)"', get(browser, "/cameras").decode()))
    form = get(browser, f"/cameras/{camera}").decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    get(browser, f"/cameras/{camera}", hidden | {"check_objects": "on", "display": "on", "notifications": "on"})
    node("librarian-east").check_output("/opt/venv/bin/python /opt/camera.py librarian-data1 2 /opt/person.jpg")
    query = "SELECT count(*) FROM tracks JOIN objects ON objects.id = object_id WHERE label = 'person'"
    words = f'runuser -u postgres -- psql -At catalog -c "{query}"'
    until(lambda: node("librarian-database").check_output(words) == "1", "the person in the catalog", 60)


def test_nobody_sees_it_who_did_not_sign_in() -> None:
    """A stranger is led to the entrance."""
    assert b'type="password"' in get(build_opener(), "/gallery")


def test_an_image_is_in_the_sites_database(datasink: Host, site: Site) -> None:
    """One row in PostgreSQL for each that the hub stored."""
    send(3)
    until(lambda: cataloged() == stored(datasink, site), "rows in PostgreSQL")


def test_the_latest_image_stays_at_the_broker() -> None:
    """Whoever subscribes later gets the bytes that were sent last."""
    *_, last = send(2)
    words = "-u librarian -P kept-by-the-broker -t imagehub/librarian-east/P1/picture -C 1 -W 10 -N"
    broker = node("librarian-broker")
    until(lambda: last in broker.run(f"mosquitto_sub {words} | sha256sum").stdout, "the picture at the broker")


def test_it_runs_now_and_at_each_boot(datasink: Host) -> None:
    """The unit is up, and starts with the machine."""
    assert datasink.service(UNIT).is_running
    assert datasink.service(UNIT).is_enabled


def test_it_is_nobody_in_particular(datasink: Host, site: Site) -> None:
    """Own account, no capability, no way to gain any, a system call filter."""
    assert_nobody_in_particular(datasink, UNIT, site.user)


def test_it_can_write_its_own_data_and_delete_images(datasink: Host, site: Site) -> None:
    """Not the hub's journal, log, settings or code, and not its own code either."""
    others = ["/usr", "/etc", "/var", f"/home/{site.user}", site.install, INSTALL, site.data]
    assert_writes(
        datasink, UNIT, [DATA, f"{site.data}/images", f"{site.data}/deleted"], [*others, f"{site.data}/journal"]
    )


def test_systemd_rates_its_exposure_low(datasink: Host) -> None:
    """At most 1.5 on the scale of `systemd-analyze security`, where 10 is unguarded; memory is limited."""
    assert_rated_low(datasink, UNIT)
    shown = datasink.check_output(f"systemctl show --property MemoryMax,TasksMax {UNIT}.service")
    assert shown.splitlines() == ["MemoryMax=1073741824", "TasksMax=128"]


def test_strangers_do_not_reach_the_page(datasink: Host) -> None:
    """The firewall admits the network that the site names; from another one the node is there and the page is not."""
    broker = node("librarian-broker")
    datasink.check_output("ip address add 192.0.2.1/24 dev eth0")
    broker.check_output("ip address add 192.0.2.2/24 dev eth0")

    def reaches(host: str, port: int) -> bool:
        connect = f"import socket; socket.create_connection(('{host}', {port}), 3)"
        return bool(broker.run(f'python3 -c "{connect}"').rc == 0)

    assert reaches("librarian-data1", 8080)
    assert reaches("192.0.2.1", 22)
    assert not reaches("192.0.2.1", 8080)


def test_a_check_run_after_a_deployment_reports_no_change() -> None:
    """`--check --diff` on a node that is as it should be; it ends with health and status."""
    played = play("--check", "--diff", playbook=CONVERGE)
    mend_nothing(played)
    assert f"Id={UNIT}.service" in played.output
    assert "answered ok in" in played.output


def test_passwords_are_where_the_librarian_alone_reads_them(datasink: Host, site: Site) -> None:
    """In files of mode 640; not in the unit, its process, its log, or what the playbook prints."""
    for path in (f"/home/{site.user}/librarian.yaml", f"/etc/{UNIT}/mqtt.password"):
        assert datasink.file(path).mode == 0o640
        assert datasink.file(path).user == "root"
    played = play("--diff", "--tags", "config", "--extra-vars", "librarian_log_level=debug", playbook=CONVERGE)
    assert played.status == 0, played.output
    assert "Write the settings" in played.changed
    process = pid(datasink, UNIT)
    places = f"/proc/{process}/cmdline /proc/{process}/environ /etc/systemd/system/{UNIT}.service"
    for secret in SECRETS:
        assert datasink.run(f"grep --quiet --text {secret} {places}").rc == 1
        assert secret not in log(datasink)
        assert secret not in played.output


def test_variables_of_the_hub_on_the_command_line_are_refused(datasink: Host) -> None:
    """They would win over the librarian's, and the tasks would work on the hub."""
    before = hub_processes(datasink)
    played = play("--extra-vars", "imagehub_install_path=/home/ops/imagehub", playbook=CONVERGE)
    assert played.status != 0
    assert "librarian_service and so on" in " ".join(played.output.split())
    assert played.changed == []
    assert hub_processes(datasink) == before


@pytest.mark.parametrize("end", [f"systemctl stop {UNIT}", f"systemctl kill --signal=SIGKILL {UNIT}"])
def test_the_hub_goes_on_without_it_and_it_catches_up(datasink: Host, site: Site, end: str) -> None:
    """Cameras are answered meanwhile by the same processes, and what they sent is in the catalog afterwards."""
    before = hub_processes(datasink)
    datasink.check_output(end)
    send(5)
    datasink.check_output(f"systemctl start {UNIT}")
    until(lambda: cataloged() == stored(datasink, site), "what was sent meanwhile")
    assert hub_processes(datasink) == before


def test_a_release_that_fails_is_taken_back_and_the_hub_does_not_notice(
    datasink: Host, site: Site, tmp_path: Path
) -> None:
    """The run fails and says why; the release before runs again, and cameras are answered all the time."""
    before, processes = release(datasink), hub_processes(datasink)
    broken = tmp_path / "imagehub_src"
    shutil.copytree(PROJECT / "imagehub_src", broken, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    with (broken / "src/imagehub/librarian/cli.py").open("a") as file:
        file.write("\n\ndef _run(*_: object) -> int:\n    raise RuntimeError('broken on purpose')\n")
    played = play("--tags", "deploy", "--extra-vars", f"imagehub_source={broken}", playbook=CONVERGE)
    assert played.status != 0
    assert "broken on purpose" in played.output
    assert "runs again: " in played.output
    assert release(datasink) == before
    assert hub_processes(datasink) == processes
    send()
    until(lambda: cataloged() == stored(datasink, site), "the image after going back")


def test_the_command_works_on_this_nodes_settings(datasink: Host) -> None:
    """`imagehub-librarian check` needs no path, and root becomes the librarian's account."""
    datasink.check_output(f"{UNIT} probe --seconds 20")
    datasink.check_output(f"{UNIT} check")
    assert "Alex" in datasink.check_output(f"{UNIT} user list")


def test_a_reboot_brings_it_back(datasink: Host, site: Site) -> None:
    """After a restart of the whole node its page answers, and what comes is in the catalog."""
    name = datasink.backend.name
    subprocess.run([os.environ["MOLECULE_ENGINE"], "restart", "--time", "20", name], check=True, capture_output=True)
    datasink.check_output("systemctl is-system-running --wait || true")
    datasink.check_output(f"{UNIT} probe --seconds 30")
    datasink.check_output("imagehub probe --seconds 30")
    send()
    until(lambda: cataloged() == stored(datasink, site), "the image after the restart")


def test_uninstall_leaves_the_hub_and_what_was_kept(datasink: Host, site: Site) -> None:
    """Unit, code, environment, settings, passwords and command are gone; the hub and both kinds of data are not."""
    processes, images = hub_processes(datasink), stored(datasink, site)
    played = play("--tags", "uninstall", playbook=CONVERGE)
    assert played.status == 0, played.output
    for path in (INSTALL, f"/home/{site.user}/librarian.yaml", f"/etc/{UNIT}", f"/usr/local/bin/{UNIT}"):
        assert not datasink.file(path).exists, path
    assert datasink.check_output(f"ls /etc/systemd/system | grep -c {UNIT} || true") == "0"
    assert datasink.file(DATA).is_directory
    assert stored(datasink, site) == images
    send()
    assert hub_processes(datasink) == processes


def test_a_check_run_where_there_is_no_librarian_goes_through(datasink: Host) -> None:
    """It tells what a deployment would do, and makes nothing."""
    played = play("--check", "--diff", playbook=CONVERGE)
    assert played.status == 0, played.output
    assert not datasink.file(INSTALL).exists
