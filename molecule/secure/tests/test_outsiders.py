"""Who is not admitted gets nothing in: not through the firewall, not past the keys, not by another name."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodes import Site, node
from testinfra.host import Host

KEYS = "/etc/imagehub/keys"
PICTURE = "printf '\\377\\330 a picture \\377\\331' > /tmp/p.jpg"


def send(sender: Host, words: str) -> int:
    """Send a picture from a node to the datasink, and return the exit code."""
    sender.check_output(PICTURE)
    return int(
        sender.run(
            f"/opt/venv/bin/imagehub send --hub tcp://secure-data1:5555 --give-up 4 --node Barn {words} /tmp/p.jpg"
        ).rc
    )


def pair(name: str) -> str:
    """Return the words that send with the keys of a node."""
    return f"--hub-key {KEYS}/hub.key --key {KEYS}/{name}.key_secret"


def images(datasink: Host, site: Site) -> int:
    """Return how many images the hub has."""
    return int(datasink.check_output(f"find {site.data}/images -name '*.jpg' | wc -l"))


@pytest.fixture
def open_firewall(datasink: Host) -> Iterator[None]:
    """The firewall out of the way, so that what it hides can be tried."""
    datasink.check_output("systemctl stop imagehub-firewall")
    yield
    datasink.check_output("systemctl start imagehub-firewall")


def test_who_is_admitted_gets_in(datasink: Host, site: Site) -> None:
    """The control for all that follows: an outpost with its keys, from its address."""
    before = images(datasink, site)
    assert send(node("secure-east"), pair("secure-east")) == 0
    assert images(datasink, site) == before + 1


def test_the_firewall_stops_who_comes_from_elsewhere(datasink: Host, site: Site) -> None:
    """Not even a connection."""
    outsider = node("secure-outsider")
    assert outsider.run("timeout 3 bash -c '</dev/tcp/secure-data1/5555'").rc != 0
    assert node("secure-east").run("timeout 3 bash -c '</dev/tcp/secure-data1/5555'").rc == 0


@pytest.mark.usefixtures("open_firewall")
@pytest.mark.parametrize("words", ["", pair("secure-outsider")], ids=["no keys", "keys that are not admitted"])
def test_without_the_firewall_the_keys_stop_them(datasink: Host, site: Site, words: str) -> None:
    """Neither a sender without keys nor one with a pair that the hub does not know."""
    before = images(datasink, site)
    assert node("secure-outsider").run("timeout 3 bash -c '</dev/tcp/secure-data1/5555'").rc == 0
    assert send(node("secure-outsider"), words) != 0
    assert images(datasink, site) == before


def test_the_rules_are_there_after_a_reboot_and_before_the_hub(datasink: Host) -> None:
    """They are loaded at each boot, before the port is opened."""
    assert datasink.service("imagehub-firewall").is_enabled
    assert "imagehub-front.service" in datasink.check_output(
        "systemctl show --property Before --value imagehub-firewall"
    )


def test_secrets_are_for_the_account_alone(datasink: Host, site: Site) -> None:
    """Nobody else on the node can read them."""
    for name in ("hub.key_secret", "probe.key_secret"):
        assert datasink.file(f"{KEYS}/{name}").mode == 0o600
        assert datasink.file(f"{KEYS}/{name}").user == site.user
    assert datasink.run(f"runuser -u nobody -- cat {KEYS}/hub.key_secret").rc != 0
    assert node("secure-east").run(f"runuser -u nobody -- cat {KEYS}/secure-east.key_secret").rc != 0


def test_no_secret_is_in_what_the_playbook_says(datasink: Host) -> None:
    """Not with all its words, not in a diff, not in the node's journal."""
    import yaml

    vault = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "vault.yaml"
    keys = yaml.safe_load(vault.read_text())["imagehub_curve_keys"]
    secrets = [keys["hub"]["secret"], keys["probe"]["secret"], keys["nodes"]["secure-east"]["secret"]]
    datasink.check_output(f"rm {KEYS}/hub.key_secret")
    inventory, project = os.environ["MOLECULE_INVENTORY_FILE"], os.environ["MOLECULE_PROJECT_DIRECTORY"]
    command = ["ansible-playbook", "-vvv", "--diff", "-i", inventory, f"{project}/molecule/secure/converge.yml"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Hand the hub its own keys" in done.stdout
    said = done.stdout + done.stderr + datasink.check_output("journalctl --no-pager -o cat")
    for secret in secrets:
        assert secret not in said
