"""A small farm: cameras with the stock sender, a datasink, and a workstation behind a bastion."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from nodes import PROJECT, Site, node
from testinfra.host import Host

HERE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
IMAGES = 50


@pytest.mark.parametrize("outpost", ["fleet-east", "fleet-lab1"])
def test_images_of_a_stock_sender_come_back_byte_for_byte(datasink: Host, site: Site, outpost: str) -> None:
    """Sent by imagezmq over the private network, read back from the datasink's disk; the event is in its journal."""
    sent = node(outpost).check_output(f"/opt/venv/bin/python /opt/camera.py fleet-data1 {IMAGES}").split()
    found = datasink.check_output(f"find {site.data}/images -name '{outpost}-P1-*.jpg' -exec sha256sum {{}} +")
    assert len(sent) == IMAGES
    assert set(sent) <= {line.split()[0] for line in found.splitlines()}
    assert f"{outpost} P1|motion|moving" in datasink.check_output("journalctl -u imagehub -o cat --no-pager")


def sync(*words: str, source: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """Run the sync script on this machine, as on a workstation, through the bastion to the control node."""
    config = yaml.safe_load((PROJECT / "devops/scripts/sync/deployment-config.yaml").read_text())
    ssh_config = HERE / "ssh_config"
    ssh_config.write_text(
        "Host bastion\n  HostName 127.0.0.1\n  Port 22135\n"
        f"Host *\n  IdentityFile {HERE}/id_ed25519\n  UserKnownHostsFile {HERE}/known_hosts\n"
        "  StrictHostKeyChecking accept-new\n"
    )
    config["deployment"] |= {
        "control_user": "root", "control_host": "fleet-control", "ssh_config": str(ssh_config),
        "bastion_user": "root", "bastion_host": "bastion",
        "transfer_cache": "/root/incoming", "project_path": "/root/imagehub",
    }  # fmt: skip
    path = HERE / "deployment-config.yaml"
    path.write_text(yaml.safe_dump(config))
    command = [sys.executable, str(source / "devops/scripts/sync/deploy.py"), "--config", str(path), *words]
    return subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def workstation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, as an operator edits it; its ssh meets these hosts for the first time."""
    folder = tmp_path_factory.mktemp("workstation")
    archive = HERE / "project.tar.gz"
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(folder)], check=True)
    return folder


def edit(workstation: Path, text: str) -> None:
    """Change the hub's code."""
    with (workstation / "imagehub_src/src/imagehub/errors.py").open("a") as file:
        file.write(text)


def test_a_code_update_reaches_the_datasink_through_the_bastion(datasink: Host, site: Site, workstation: Path) -> None:
    """One command from the workstation; it streams the playbook, and ends with the probe's answer."""
    before = datasink.check_output(f"readlink {site.install}/current")
    edit(workstation, "\n# an update\n")
    done = sync("imagehub", source=workstation)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "answered OK in" in done.stdout
    assert datasink.check_output(f"readlink {site.install}/current") != before


def test_an_update_that_fails_says_so_and_leaves_the_hub_as_it_was(
    datasink: Host, site: Site, workstation: Path
) -> None:
    """The exit status is the playbook's, and senders are answered by the release before."""
    before = datasink.check_output(f"readlink {site.install}/current")
    edit(workstation, "\nraise RuntimeError('broken on purpose')\n")
    done = sync("imagehub", source=workstation)
    assert done.returncode != 0
    assert "broken on purpose" in done.stdout + done.stderr
    assert datasink.check_output(f"readlink {site.install}/current") == before
    datasink.check_output("imagehub probe")
