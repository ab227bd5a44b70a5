"""The models that are installed, as the page and the API show them."""

import logging
from dataclasses import dataclass
from pathlib import Path

from imagehub.errors import ImagehubError
from imagehub.librarian.settings import Settings
from imagehub.librarian.vision.models import labels, manifest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is installed; `digest` is the SHA-256 of its main file, `licence_text` what its licence says."""

    name: str
    version: str
    kind: str
    digest: str
    package: str
    licence: str
    licence_text: str
    source: str


def folder(settings: Settings) -> Path:
    """Return where models are."""
    return settings.models_directory


def installed(settings: Settings) -> list[Model]:
    """Return the models that are installed, by name; a manifest that can't be read is logged instead."""
    try:
        found = manifest.installed(folder(settings))
    except ImagehubError as error:
        log.error("%s", error)
        return []
    return [
        Model(
            one.name,
            one.version,
            one.kind,
            one.digest,
            one.package,
            one.licence,
            "\n\n".join(_text(folder(settings) / one.name / name) for name in one.licence_files),
            one.source,
        )
        for one in found
    ]


def choices(settings: Settings, found: list[str]) -> list[str]:
    """Return labels to choose from: those that were found already, and those that the detector knows."""
    file = settings.vision.labels_file or folder(settings) / settings.vision.model / "labels.txt"
    try:
        known = labels.read(file)
    except ImagehubError:
        known = ("person", "car")
    return sorted({*found, *known} - {""})


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"{file}: can't be read"
