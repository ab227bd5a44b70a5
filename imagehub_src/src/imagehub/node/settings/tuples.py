"""Tuples as people type them in an imagenode.yaml: as text, `(640, 480)` or `(65,2),(100,25)`, or as YAML lists."""

import ast
from typing import Any

MAX_CHARACTERS = 200

Tuples = tuple[Any, ...]


def read(value: object) -> Tuples | None:
    """Return a text or a list as a tuple of numbers and tuples; None where it is neither."""
    if isinstance(value, str):
        value = _evaluated(value)
    return _tuples(value) if isinstance(value, tuple | list) else None


def _evaluated(text: str) -> object:
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _tuples(values: "tuple[Any, ...] | list[Any]") -> Tuples:
    return tuple(_tuples(value) if isinstance(value, tuple | list) else value for value in values)


def wholes(value: object, low: int, high: int, count: int) -> bool:
    """Tell whether a value is a tuple of so many whole numbers, both ends included."""
    return (
        isinstance(value, tuple)
        and len(value) == count
        and all(type(number) is int and low <= number <= high for number in value)
    )


def is_size(value: object) -> bool:
    """Tell whether a value is a width and a height in pixels."""
    return wholes(read(value), 16, 16384, 2)


def is_place(value: object) -> bool:
    """Tell whether a value is a place in percent of width and height."""
    return wholes(read(value), 0, 100, 2)


def is_rectangle(value: object) -> bool:
    """Tell whether a value is top left and bottom right in percent, with something between."""
    corners = read(value)
    if corners is None or len(corners) != 2 or not all(wholes(corner, 0, 100, 2) for corner in corners):
        return False
    (left, top), (right, bottom) = corners
    return bool(left < right and top < bottom)


def is_line(value: object) -> bool:
    """Tell whether a value is a colour (blue, green, red) and the width of a line in pixels."""
    line = read(value)
    return line is not None and len(line) == 2 and wholes(line[0], 0, 255, 3) and wholes(line[1:], 1, 100, 1)


def is_gains(value: object) -> bool:
    """Tell whether a value is the gains of red and blue, each from 0 to 8."""
    gains = read(value)
    return gains is not None and len(gains) == 2 and all(_is_gain(gain) for gain in gains)


def _is_gain(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and 0 <= value <= 8
