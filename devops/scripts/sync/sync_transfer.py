"""The commands that bring an archive to the control node and start the update there."""

import shlex
from pathlib import Path

from sync_config import Config, Deployment
from sync_package import Package

NOT_SENT = 10
BROKEN = 13
# A link that is gone is noticed within a minute.
LIVENESS = ("ConnectTimeout=15", "ServerAliveInterval=15", "ServerAliveCountMax=4")


def scp_command(config: Config, package: Package) -> list[str]:
    """Return the command that uploads the archive, to be run in the folder in which it lies.

    A name without folder has no drive letter that scp could take for a host.
    """
    deployment = config.deployment
    port = [] if deployment.ssh_port is None else ["-P", str(deployment.ssh_port)]
    host = _bracketed(deployment.control_host)
    # Relative names start at home, in every version of scp.
    target = f"{cache_path(deployment, package)}.part".removeprefix("~/")
    return ["scp", *_options(config), *port, package.file_name, f"{deployment.control_user}@{host}:{target}"]


def ssh_command(config: Config, package: Package, limit: str | None) -> list[str]:
    """Return the command that renames the uploaded archive, starts the update and waits for its end."""
    deployment = config.deployment
    port = [] if deployment.ssh_port is None else ["-p", str(deployment.ssh_port)]
    login = f"{deployment.control_user}@{deployment.control_host}"
    # Whatever the login shell is, sh reads the script.
    remote = shlex.join(["sh", "-c", _script(deployment, package, limit)])
    return ["ssh", "-T", *_options(config), *port, login, remote]


def cache_path(deployment: Deployment, package: Package) -> str:
    """Return where the archive lies on the control node."""
    return f"{deployment.transfer_cache.rstrip('/')}/{package.file_name}"


def remote_word(text: str) -> str:
    """Quote a word for sh; a leading ~/ still means the home folder."""
    if text.startswith("~/"):
        return f"~/{shlex.quote(text[2:])}"
    return shlex.quote(text)


def _script(deployment: Deployment, package: Package, limit: str | None) -> str:
    archive = remote_word(cache_path(deployment, package))
    receiver = deployment.receive_script or f"{deployment.project_path}/devops/scripts/sync/receive.py"
    missing = shlex.quote(f"no {receiver} on the control node: put the repository there, or mend receive_script")
    command = f"{remote_word(deployment.python)} -u {remote_word(receiver)}"
    rename = f"mv -f -- {archive}.part {archive} || exit {NOT_SENT}"
    check = f"[ -r {remote_word(receiver)} ] || {{ echo {missing} >&2; exit {BROKEN}; }}"
    return f"{rename}; {check}; exec {command} {_receive_words(deployment, package, limit)}"


def _receive_words(deployment: Deployment, package: Package, limit: str | None) -> str:
    component = package.component
    words = ["--archive", cache_path(deployment, package), "--sha256", package.sha256, "--component", component.name]
    words += ["--project", deployment.project_path, "--playbook", component.playbook, "--tags", component.tags]
    for path in component.paths:
        words += ["--path", path.rstrip("/")]
    if limit is not None:
        words += ["--limit", limit]
    if deployment.inventory is not None:
        words += ["--inventory", deployment.inventory]
    return " ".join(remote_word(word) for word in words)


def _options(config: Config) -> list[str]:
    deployment = config.deployment
    options = [word for option in LIVENESS for word in ("-o", option)]
    for flag, file in (("-F", deployment.ssh_config), ("-i", deployment.identity_file)):
        if file is not None:
            options += [flag, str(config.folder / Path(file).expanduser())]
    if deployment.bastion_host is not None:
        options += ["-J", _jump(deployment)]
    return options


def _jump(deployment: Deployment) -> str:
    user = f"{deployment.bastion_user}@" if deployment.bastion_user else ""
    port = f":{deployment.bastion_port}" if deployment.bastion_port else ""
    return f"{user}{_bracketed(deployment.bastion_host or '')}{port}"


def _bracketed(host: str) -> str:
    """An IPv6 address is told from the colon after it by brackets."""
    return f"[{host}]" if ":" in host else host
