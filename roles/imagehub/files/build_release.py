"""Build the wheel of imagehub once for each state of its source, on the control node.

    build_release.py SOURCE BUILD_FOLDER

prints {"release": NAME, "wheel": PATH, "sha1": HEX}. The release is named by version and content, so that the same
source gives the same name on every machine.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def files_of(source: Path) -> list[Path]:
    """Return the files that decide what the wheel holds."""
    code = [path for path in (source / "src").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return sorted([*code, source / "pyproject.toml", *source.glob("LICENSE*")])


def release_name(source: Path) -> str:
    """Return VERSION-HASH of a source folder."""
    digest = hashlib.sha256()
    for path in files_of(source):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(source).as_posix()}\0{len(content)}\0".encode() + content)
    init = (source / "src" / "imagehub" / "__init__.py").read_text(encoding="utf-8")
    version = re.search(r'__version__ = "([^"]+)"', init)
    return f"{version[1] if version else '0'}-{digest.hexdigest()[:10]}"


def settle(part: Path, target: Path) -> None:
    """Give a folder its name; another deployment that made the same one meanwhile wins."""
    try:
        part.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def build(source: Path, target: Path) -> None:
    """Build the wheel into a folder that is complete or not there."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        part = Path(folder) / "wheel"
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(part)]
        done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
        if done.returncode:
            why = done.stderr.strip() or done.stdout.strip()
            sys.exit(f"could not build {source}: {why}; is hatchling there (./run control)?")
        settle(part, target)


def main(source: Path, folder: Path) -> None:
    """Build unless it is built, and say where."""
    if not (source / "pyproject.toml").is_file():
        sys.exit(f"{source} has no pyproject.toml: set imagehub_source to the folder imagehub_src")
    name = release_name(source)
    target = folder / "releases" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.is_dir():
        build(source, target)
    (wheel,) = target.glob("*.whl")
    digest = hashlib.sha1(wheel.read_bytes(), usedforsecurity=False).hexdigest()  # what Ansible's copy compares
    print(json.dumps({"release": name, "wheel": str(wheel.resolve()), "sha1": digest}))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
