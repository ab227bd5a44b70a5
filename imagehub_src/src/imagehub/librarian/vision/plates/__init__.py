"""Licence plates: who reads them, what they say, and whose they are."""

from imagehub.librarian.settings import Settings
from imagehub.librarian.vision.seeing import PlateReader


def reader(settings: Settings) -> PlateReader:
    """Return who reads plates by the settings.

    Raises:
        ImagehubError: a model is not installed, a pattern is none, or the service's token can't be read.
        MissingExtraError: a package is missing.
    """
    if settings.vision.plate_engine == "platerecognizer":
        from imagehub.librarian.vision.plates import platerecognizer

        return platerecognizer.load(settings)
    from imagehub.librarian.vision.plates import reading

    return reading.load(settings)
