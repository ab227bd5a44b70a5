"""What the values in a settings file of the colony may be: Python literals, or bare words as `640x480`."""

import ast
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from imagehub import kinds


class Value(NamedTuple):
    """Values of one kind: `expected` says which, `read` makes one of the text and raises ValueError where it can't."""

    expected: str
    read: Callable[[str], Any]


def literal(text: str) -> Any:
    """Return the Python literal that a text is, or else the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text.strip()


def _plain(text: str) -> Any:
    """Return the literal, also where it stands in quotes that it needs not."""
    value = literal(text)
    return literal(value) if isinstance(value, str) else value


def _must(fits: bool) -> None:
    if not fits:
        raise ValueError


def whole(low: int, high: int) -> Value:
    """Whole numbers, both ends included."""

    def read(text: str) -> int:
        value = _plain(text)
        _must(type(value) is int and low <= value <= high)
        return int(value)

    return Value(f"whole number from {low} to {high}", read)


def number(low: float, high: float) -> Value:
    """Numbers, whole or not, both ends included."""

    def read(text: str) -> float:
        value = _plain(text)
        _must(type(value) in {int, float} and low <= value <= high)
        return float(value)

    return Value(f"number from {low:g} to {high:g}", read)


def _read_truth(text: str) -> bool:
    word = str(_plain(text)).lower()
    _must(word in {"true", "yes", "on", "1", "false", "no", "off", "0"})
    return word in {"true", "yes", "on", "1"}


def _read_text(text: str) -> str:
    value = literal(text)
    found = value if isinstance(value, str) else text.strip()
    _must(found.isprintable() and len(found) <= 1000)
    return found


def _read_path(text: str) -> str:
    found = _read_text(text)
    _must(kinds.PATH.fits(found))
    return found


def _read_host(text: str) -> str:
    found = _read_text(text)
    _must(found == "" or kinds.HOST.fits(found))
    return found


def one_of(*words: Any) -> Value:
    """These words or numbers and no other."""

    def read(text: str) -> Any:
        value = _plain(text)
        _must(type(value) is not bool and value in words)
        return value

    return Value(f"{', '.join(map(str, words[:-1]))} or {words[-1]}", read)


def items(count: int, kind: Value, expected: str) -> Value:
    """As many values of a kind, parted by commas, in brackets or not; a tuple."""

    def read(text: str) -> tuple[Any, ...]:
        value = _items(text)
        _must(len(value) == count)
        return tuple(kind.read(item) for item in value)

    return Value(expected, read)


def _items(text: str) -> list[str]:
    value = _plain(text)
    if isinstance(value, list | tuple):
        return [repr(item) for item in value]
    return [item for item in re.split(r"\s*,\s*", str(value).strip("()[] ")) if item]


def _read_words(text: str) -> tuple[str, ...]:
    return tuple(_read_text(item) for item in _items(text))


def _read_resolution(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})\s*[xX]\s*(\d{1,5})", str(literal(text)))
    width, height = match.groups() if match else items(2, whole(16, 10_000), "").read(text)
    _must(16 <= int(width) <= 10_000 and 16 <= int(height) <= 10_000)
    return int(width), int(height)


def or_none(kind: Value) -> Value:
    """Values of a kind, or None."""
    return Value(f"{kind.expected}; or None", lambda text: None if literal(text) is None else kind.read(text))


def level() -> Value:
    """The names of log levels, in capitals or not."""

    def read(text: str) -> str:
        word = _read_text(text).upper()
        _must(word in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
        return word

    return Value("DEBUG, INFO, WARNING, ERROR or CRITICAL", read)


TRUTH = Value("True or False", _read_truth)
TEXT = Value("text", _read_text)
PATH = Value("path", _read_path)
HOST = Value("IP address or host", _read_host)
PORT = whole(1, 65535)
WORDS = Value("names, parted by commas", _read_words)
RESOLUTION = Value("width and height in pixels, as `(640, 480)` or `640x480`", _read_resolution)
PIN = whole(-1, 40)
