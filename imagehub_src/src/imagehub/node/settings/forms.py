"""What the value of a node's setting may be, beyond the kinds that all settings files share."""

import re
from collections.abc import Callable
from typing import Any

from imagehub import wire
from imagehub.errors import RefusedError
from imagehub.kinds import Kind
from imagehub.node.settings import times, tuples


def number(low: float, high: float) -> Kind:
    """Numbers, whole or not, both ends included."""
    return Kind(f"number from {low:g} to {high:g}", lambda value: type(value) in {int, float} and low <= value <= high)


def words(*known: str) -> Kind:
    """These words and no other; YAML reads `off` as a truth value, which is taken for the word here."""
    return Kind(f"{', '.join(known[:-1])} or {known[-1]}", lambda value: word(value) in known)


def word(value: Any) -> Any:
    """Return the word that stands in the file where YAML made a truth value of it."""
    return "off" if value is False else value


def any_case(*known: str) -> Kind:
    """These words, however they are capitalised."""
    return Kind(
        f"{', '.join(known[:-1])} or {known[-1]}",
        lambda value: isinstance(value, str) and value.upper() in {one.upper() for one in known},
    )


def odd(low: int, high: int) -> Kind:
    """Odd whole numbers, both ends included."""
    return Kind(
        f"odd whole number from {low} to {high}",
        lambda value: type(value) is int and value % 2 == 1 and low <= value <= high,
    )


def one_number_of(*known: int) -> Kind:
    """These numbers and no other."""
    text = ", ".join(str(one) for one in known[:-1])
    return Kind(f"{text} or {known[-1]}", lambda value: type(value) is int and value in known)


def send_frames(value: object) -> str | None:
    """Return how frames are sent: `continuous`, `detected event` or `none`; None for what says neither.

    The imagenode that this replaces looks for the words in the text; `event` is what its documentation has too.
    """
    if value is None:
        return "none"
    text = value.strip().lower() if isinstance(value, str) else ""
    known = {"detect": "detected event", "event": "detected event", "continuous": "continuous", "none": "none"}
    return next((meant for part, meant in known.items() if part in text), None)


def _is_name(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        wire.camera(value)
    except RefusedError:
        return False
    return True


def _fits(check: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(check(value))


_NAME = "letters and digits of any script, blanks, `_`, `.` and `-`"
SIZE = Kind("width and height in pixels as `(640, 480)`", tuples.is_size)
PLACE = Kind("place in percent of width and height as `(5, 5)`", tuples.is_place)
RECTANGLE = Kind("top left and bottom right in percent as `(65,2),(100,25)`", tuples.is_rectangle)
LINE = Kind("colour (blue, green, red) and width as `((255,0,0),5)`", tuples.is_line)
GAINS = Kind("gains of red and blue, 0 to 8, as `(1.5, 1.2)`", tuples.is_gains)
NAME = Kind(f"name of {_NAME}; 100 at most, no leading dot", _is_name)
VIEW = Kind(f"name of {_NAME}", lambda value: isinstance(value, str) and (not value.strip() or _is_name(value)))
INSTANCE = Kind(
    "name of letters, digits, `_` and `-`; 100 at most", _fits(lambda text: re.fullmatch(r"(?!-)[\w-]{1,100}", text))
)
SEND_FRAMES = Kind("continuous, detected event or none", lambda value: send_frames(value) is not None)
ON = Kind(
    "continuous, or times as `(11pm-5am)` or `23:00-05:00`",
    lambda value: value == "continuous" or times.span(value) is not None,
)
SOURCE = Kind(
    "number of a camera, device, URL, video, folder, picamera2 or synthetic",
    lambda value: (type(value) is int and 0 <= value <= 99) or (isinstance(value, str) and bool(value.strip())),
)
MARK = Kind("text without `|`", lambda value: isinstance(value, str) and "|" not in value and value.isprintable())
