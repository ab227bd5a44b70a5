"""Reading YAML that people wrote: values of the kinds asked for, or all faults at once with their lines."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from imagehub.errors import SettingsError
from imagehub.kinds import Kind

MAX_SHOWN = 60
NOTHING = "nothing"


class Faults:
    """Collects what is wrong with the file called `file`."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[tuple[int, str]] = []

    def add(self, node: yaml.Node | None, text: str) -> None:
        """Say what is wrong at a node; None is the file as a whole."""
        self._found.append((node.start_mark.line + 1 if node else 1, text))

    def raise_any(self) -> None:
        """Raise SettingsError if anything is wrong; the lines go from top to bottom."""
        if self._found:
            raise SettingsError([f"{self._file}:{line}: {text}" for line, text in sorted(self._found)])

    def not_yaml(self, error: yaml.YAMLError | RecursionError) -> SettingsError:
        """Return the error to raise for a text that is no YAML at all, with line and column."""
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        hint = "indent with blanks, not tabs; text that has one of * & # : [ { in it wants quotes"
        return SettingsError([f"{self._file}{where}: not YAML: {problem} ({hint})"])


def read_text(path: Path) -> str:
    """Return the text of a settings file; raise SettingsError where it can't be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8"]) from error


def compose(text: str, faults: Faults) -> yaml.Node | None:
    """Return the document in a text, or None where there is none; raise SettingsError if it is no YAML."""
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise faults.not_yaml(error) from error


def entries(node: yaml.Node | None, prefix: str, known: Mapping[str, str], faults: Faults) -> dict[str, yaml.Node]:
    """Return the entries of the mapping at `prefix`; nothing at all is an empty one.

    `known` has the paths of all names, here and elsewhere, for what to suggest instead of an unknown one.
    """
    found: dict[str, yaml.Node] = {}
    if not isinstance(node, yaml.MappingNode):
        if node is not None and shown(node) != NOTHING:
            faults.add(node, f"{prefix.rstrip('.') or 'the file'}: expected lines 'name: value', got {shown(node)}")
        return found
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else shown(key)
        if known.get(name) != f"{prefix}{name}":
            faults.add(key, f"{prefix}{name}: unknown setting{_suggestion(name, known)}")
        elif name in found:
            faults.add(key, f"{prefix}{name}: given a second time; keep one of them")
        found.setdefault(name, value)
    return found


def _suggestion(name: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {known[near[0]]}?" if near else ""


def read(node: yaml.Node, path: str, kind: Kind, faults: Faults) -> Any:
    """Return a value, lists as tuples; if it, or an item of it, is not of its kind, add that to `faults`."""
    if kind.items is not None and isinstance(node, yaml.SequenceNode):
        return tuple(read(item, f"{path}[{at}]", kind.items, faults) for at, item in enumerate(node.value))
    value = _value(node)
    if not kind.fits(value):
        hint = " (in quotes it would do)" if isinstance(node, yaml.ScalarNode) and kind.fits(node.value) else ""
        faults.add(node, f"{path}: expected {kind.expected}, got {shown(node)}{hint}")
    return value


def _value(node: yaml.Node) -> Any:
    try:
        return yaml.constructor.SafeConstructor().construct_document(node)
    except (yaml.YAMLError, ValueError):  # a tag that is not plain YAML, or a date as 2026-99-99
        return node


def shown(node: yaml.Node) -> str:
    """Return a value as it was typed, if it is short."""
    if not isinstance(node, yaml.ScalarNode):
        return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
    text = node.value if len(node.value) <= MAX_SHOWN else f"{node.value[:MAX_SHOWN]}..."
    return repr(text) if node.style else text or NOTHING
