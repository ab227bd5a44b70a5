#!/usr/bin/env python3
"""Bring the code of a component from this workstation to its hosts: pack, upload, run the playbook, say how it went.

    python devops/scripts/sync/deploy.py imagehub
    python devops/scripts/sync/deploy.py --dry-run imagehub
    python devops/scripts/sync/deploy.py --list

Needs Python 3.11, PyYAML, and the programs ssh and scp. README.md beside this file has set-up and exit codes.
"""

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

try:
    import sync_config
    import sync_package
    import sync_transfer
    from sync_config import Component, Config, SyncError
    from sync_package import Package
except ModuleNotFoundError as missing:
    if missing.name != "yaml":
        raise
    sys.exit("deploy: PyYAML is missing; install it with: python -m pip install PyYAML")

FAULTY = 2
OUTCOME_UNKNOWN = 14
INTERRUPTED = 130
SSH_FAILED = 255
NOT_STARTED = (126, 127)  # what sh says of a program that it can't run
HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]


def main(argv: Sequence[str]) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_args(argv)
    try:
        config = sync_config.load(options.config)
        packages = [] if options.list else _packages(config, options)
    except SyncError as error:
        for fault in error.faults:
            print(f"deploy: {fault}", file=sys.stderr)
        return FAULTY
    if options.list:
        return _list(config)
    for package in packages:
        status = _dry_run(config, package, options) if options.dry_run else _update(config, package, options)
        if status:
            return status
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy.py", description="Bring a component's code to its hosts.")
    parser.add_argument("component", nargs="?", help="what to send; --list shows what there is")
    parser.add_argument("--list", action="store_true", help="show the components and send nothing")
    parser.add_argument("--all", action="store_true", help="send all components, until one fails")
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent, and where; connect to nothing")
    parser.add_argument("--keep-package", action="store_true", help="leave the archive in the current folder")
    parser.add_argument("--target", type=_host, metavar="HOST", help="run the playbook for this inventory host only")
    default = HERE / "deployment-config.yaml"
    parser.add_argument("--config", type=Path, metavar="FILE", default=default, help=f"default: {default.name}")
    return parser


def _host(text: str) -> str:
    if not re.fullmatch(sync_config.NAME, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of an inventory host")
    return text


def _packages(config: Config, options: argparse.Namespace) -> list[Package]:
    """Return what is to be sent; nothing is, unless all of it is sound."""
    packages: list[Package] = []
    faults: list[str] = []
    for component in _chosen(config, options):
        try:
            packages.append(sync_package.make(PROJECT, component, config.deployment))
        except SyncError as error:
            faults += error.faults
    if faults:
        raise SyncError(faults)
    return packages


def _chosen(config: Config, options: argparse.Namespace) -> list[Component]:
    known = ", ".join(config.components)
    if options.all and options.component is None:
        return list(config.components.values())
    if options.all or options.component is None:
        raise SyncError([f"name one component, or give --all; there are: {known}"])
    if options.component in config.components:
        return [config.components[options.component]]
    near = difflib.get_close_matches(options.component, config.components, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {known}"
    raise SyncError([f"unknown component {options.component!r} in {options.config}; {hint}"])


def _list(config: Config) -> int:
    width = max(map(len, config.components))
    for component in config.components.values():
        print(f"{component.name:<{width}}  {component.description}")
    return 0


def _dry_run(config: Config, package: Package, options: argparse.Namespace) -> int:
    _say_what(package)
    for name in sorted(package.files):
        print(f"{len(package.files[name]):>10,}  {name}")
    _say_where(config, package, options)
    if options.keep_package:
        _keep(package, Path.cwd())
    print("dry run: nothing was sent")
    return 0


def _update(config: Config, package: Package, options: argparse.Namespace) -> int:
    _say_what(package)
    _say_where(config, package, options)
    if options.keep_package:
        _keep(package, Path.cwd())
    sys.stdout.flush()
    try:
        return _upload(config, package) or _apply(config, package, options.target)
    except FileNotFoundError as error:
        _complain(f"no program {error.filename} here; install the OpenSSH client (README.md says how)")
        return sync_transfer.NOT_SENT
    except KeyboardInterrupt:
        _complain("interrupted; if the update had begun on the control node, it goes on there")
        return INTERRUPTED


def _upload(config: Config, package: Package) -> int:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / package.file_name).write_bytes(package.archive)
        done = subprocess.run(
            sync_transfer.scp_command(config, package), cwd=folder, stdin=subprocess.DEVNULL, check=False
        )
    if done.returncode == 0:
        return 0
    cache = config.deployment.transfer_cache
    _complain(f"the transfer failed and nothing was changed; check the connection, and that {cache} exists there")
    return sync_transfer.NOT_SENT


def _apply(config: Config, package: Package, limit: str | None) -> int:
    command = sync_transfer.ssh_command(config, package, limit)
    status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    name = package.component.name
    if status == 0:
        print(f"{name}: updated")
        return 0
    if status == SSH_FAILED:
        log = f"{config.deployment.transfer_cache}/{name}.log"
        _complain(f"the connection failed after the upload; {log} on the control node says whether the update went on")
        return OUTCOME_UNKNOWN
    if status in NOT_STARTED:
        _complain(f"no {config.deployment.python} on the control node; install it, or mend python in the configuration")
        return sync_transfer.BROKEN
    _complain(f"{name}: not updated, exit code {status}; the lines above say why")
    return status


def _say_what(package: Package) -> None:
    total = sum(map(len, package.files.values()))
    print(
        f"{package.component.name}: {len(package.files)} files, {total:,} bytes, packed {len(package.archive):,} bytes"
    )
    print(f"sha256 {package.sha256}")
    if package.other_extension:
        print(f"not sent, as include_extensions lacks their extension: {', '.join(package.other_extension)}")


def _say_where(config: Config, package: Package, options: argparse.Namespace) -> None:
    deployment, component = config.deployment, package.component
    through = f", through {deployment.bastion_host}" if deployment.bastion_host else ""
    print(f"to {deployment.control_user}@{deployment.control_host}{through}")
    print(f"as {sync_transfer.cache_path(deployment, package)}")
    print(f"into {', '.join(f'{deployment.project_path}/{path}' for path in component.paths)}")
    print(f"by {component.playbook}, tags {component.tags}, {options.target or 'all its hosts'}")


def _keep(package: Package, folder: Path) -> None:
    path = folder / package.file_name
    path.write_bytes(package.archive)
    print(f"the archive is kept as {path}")


def _complain(text: str) -> None:
    print(f"deploy: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
