"""What kind of event a text tells of, and the number in it."""

import re
from typing import NamedTuple

KINDS = {
    "motion": "motion",
    "light": "light",
    "temp": "temperature",
    "humid": "humidity",
    "restart": "restart",
    "reboot": "restart",
}
MEASURED = {"light", "temperature", "humidity"}

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d{1,12}(?:\.\d{1,12})?")


class Reading(NamedTuple):
    """An event's kind, one of KINDS' values or `other`, and the number that a measurement tells."""

    kind: str
    value: float | None


def read(type_word: str, text: str) -> Reading:
    """Return what an event tells; `text` is the whole message, `node view|type|rest`."""
    word = type_word.strip().lower()
    kind = next((kind for start, kind in KINDS.items() if word.startswith(start)), "other")
    if kind not in MEASURED:
        return Reading(kind, None)
    number = _NUMBER.search(text.partition("|")[2])
    return Reading(kind, float(number[0]) if number else None)
