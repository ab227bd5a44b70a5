"""Gather the wheels that a node needs, on the control node, so that the node needs no index.

    wheelhouse.py --python 3.11 --architecture aarch64 --cache DIR (--download | --locks-only) LOCK...

prints {"folder": DIR, "pins": {NAME: VERSION}}. The locks are those of imagehub_src/requirements: all versions pinned,
with hashes, which pip checks here and again on the node.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Set as AbstractSet
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

# What Debian 12 can run, and all that came before.
GLIBC_MINORS = range(17, 37)


def requirements(locks: list[Path], python: str, architecture: str) -> dict[str, str]:
    """Return the lines of the locks (with their hashes) that count on a node, by package."""
    environment: dict[str, str | AbstractSet[str]] = {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": python, "python_full_version": f"{python}.0", "implementation_name": "cpython",
        "platform_python_implementation": "CPython", "sys_platform": "linux", "platform_system": "Linux",
        "os_name": "posix", "platform_machine": architecture,
    }  # fmt: skip
    wanted = {}
    for lock in locks:
        if not lock.is_file():
            sys.exit(f"{lock} is not there; imagehub_extras names extras that have a lock: raw, metrics")
        text = re.sub(r"^\s*#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
        for line in filter(None, map(str.strip, text.splitlines())):
            requirement = Requirement(line.partition(" --hash")[0])
            if requirement.marker is None or requirement.marker.evaluate(environment):
                wanted[requirement.name.lower()] = line.partition(";")[0].strip() + _hashes(line)
    return wanted


def _hashes(line: str) -> str:
    return "".join(f" --hash={word}" for word in re.findall(r"--hash=(\S+)", line)) if ";" in line else ""


def download(folder: Path, python: str, architecture: str) -> None:
    """Let pip fetch the wheels for the node's platform and check their hashes."""
    platforms = [f"manylinux_2_{minor}_{architecture}" for minor in GLIBC_MINORS] + [f"manylinux2014_{architecture}"]
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--require-hashes", "--no-deps", "--only-binary", ":all:", "--implementation", "cp", "--python-version", python,
        *(f"--abi={abi}" for abi in ("cp" + python.replace(".", ""), "abi3", "none")),
        *(f"--platform={platform}" for platform in platforms),
        "--dest", str(folder), "--requirement", str(folder / "requirements.txt"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"could not gather the wheels for Python {python} on {architecture}: {done.stderr.strip()}")


def settle(part: Path, target: Path) -> None:
    """Give a folder its name; another deployment that made the same one meanwhile wins."""
    try:
        part.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def gather(cache: Path, lines: dict[str, str], python: str, architecture: str, *, with_wheels: bool) -> Path:
    """Return the folder for these requirements, made unless it is there."""
    text = "".join(f"{line}\n" for line in lines.values())
    kind = f"{architecture}-{python}" if with_wheels else "locks"
    target = cache / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    if not target.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            part = Path(folder) / "part"
            part.mkdir()
            (part / "requirements.txt").write_text(text, encoding="utf-8")
            if with_wheels:
                download(part, python, architecture)
            settle(part, target)
    return target


def main() -> None:
    """Gather, and say where."""
    parser = argparse.ArgumentParser(description="Gather the wheels that a node needs.")
    parser.add_argument("--python", required=True)
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--download", action="store_true")
    parser.add_argument("--locks-only", action="store_true")
    parser.add_argument("locks", type=Path, nargs="+")
    args = parser.parse_args()
    lines = requirements(args.locks, args.python, args.architecture)
    folder = gather(args.cache.resolve(), lines, args.python, args.architecture, with_wheels=args.download)
    pins = {name: re.split(r"==|\s", line)[1] for name, line in lines.items()}
    print(json.dumps({"folder": str(folder), "pins": pins}))


if __name__ == "__main__":
    main()
