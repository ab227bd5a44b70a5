"""How sure has a detector to be?"""

import json

from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.settings import Vision


class Thresholds:
    """Least scores by label: those of a camera before those of the settings, and `vision.min_score` for the rest."""

    def __init__(self, settings: Vision, camera: str) -> None:
        """Take the camera's as a JSON object, or an empty text.

        Raises:
            ValueFault: that text is none.
        """
        given = dict(text.rpartition("=")[::2] for text in settings.thresholds)
        self._least = {label: float(score) for label, score in given.items()} | read(camera)
        self._others = settings.min_score

    def least(self, label: str) -> float:
        """Return the least score at which a thing with this label counts."""
        return self._least.get(label, self._others)


def read(text: str) -> dict[str, float]:
    """Return the least scores in a JSON object; an empty text has none.

    Raises:
        ValueFault: it is no object of labels and scores from 0 to 1.
    """
    try:
        found = json.loads(text) if text.strip() else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueFault("thresholds", 'give a JSON object, as {"person": 0.6}')
    for label, score in found.items():
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise ValueFault("thresholds", f"{label}: give a number from 0 to 1")
    return {label: float(score) for label, score in found.items()}
