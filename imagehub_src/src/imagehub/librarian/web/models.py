"""The models that are installed, as the page and the API show them."""

from pathlib import Path

from imagehub.librarian.settings import Settings
from imagehub.librarian.vision.models import manifest
from imagehub.librarian.vision.models.manifest import Installed


def installed(settings: Settings) -> list[Installed]:
    """Return the models that are installed, by name."""
    return sorted(manifest.installed(folder(settings)), key=lambda model: model.name)


def folder(settings: Settings) -> Path:
    """Return where models are."""
    return settings.vision.models_directory or settings.data_directory / "models"
