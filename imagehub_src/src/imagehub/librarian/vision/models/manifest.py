"""What is installed: a folder for each model, with a manifest of its files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from imagehub.errors import ImagehubError

FILE_NAME = "manifest.json"
COMMAND = "imagehub-librarian models install"


@dataclass(frozen=True)
class Installed:
    """A model that is installed.

    `digest` is the SHA-256 of its main file, as hexadecimal digits, and `files` has those of all. `kind` is `detector`
    or `reader`; `licence` is a name as SPDX has it, and `licence_files` hold its text.
    """

    name: str
    version: str
    kind: str
    digest: str
    package: str
    package_sha256: str
    files: Mapping[str, str]
    licence: str
    licence_files: tuple[str, ...]
    source: str
    date: str


def write(folder: Path, model: Installed) -> None:
    """Write the manifest of the model that is in a folder."""
    (folder / FILE_NAME).write_text(json.dumps(asdict(model), indent=2) + "\n", encoding="utf-8")


def installed(folder: Path) -> list[Installed]:
    """Return the models that are installed in a folder, by name.

    Raises:
        ImagehubError: a manifest can't be read.
    """
    return [_read(path) for path in sorted(folder.glob(f"[!.]*/{FILE_NAME}"))]


def one(folder: Path, name: str) -> Installed:
    """Return an installed model.

    Raises:
        ImagehubError: it is not installed, or its manifest can't be read.
    """
    path = folder / name / FILE_NAME
    if not path.exists():
        raise ImagehubError(f"model {name} is not installed in {folder}; run `{COMMAND} {name}`")
    return _read(path)


def path_of(folder: Path, name: str, file: str) -> Path:
    """Return where a file of an installed model is.

    Raises:
        ImagehubError: the model is not installed, or has no such file.
    """
    path = folder / name / file
    if file not in one(folder, name).files or not path.exists():
        raise ImagehubError(f"{path}: not there; run `{COMMAND} {name}`")
    return path


def intact(folder: Path, model: Installed) -> bool:
    """Return whether all files of a model are as they were when it was installed."""
    return all(digest_of(folder / model.name / file) == digest for file, digest in model.files.items())


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits; empty: it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _read(path: Path) -> Installed:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Installed(**fields | {"licence_files": tuple(fields["licence_files"])})
    except (OSError, TypeError, KeyError, ValueError) as error:
        raise ImagehubError(f"{path}: no manifest of a model ({error}); run `{COMMAND} {path.parent.name}`") from error
