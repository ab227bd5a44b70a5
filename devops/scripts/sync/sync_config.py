"""What deployment-config.yaml may say: its values as types, or all of its faults at once."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml


class SyncError(Exception):
    """Nothing was sent; each fault says what is wrong, where, and how to mend it."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where the control node is, how it is reached, and which files are sent at all."""

    control_user: str
    control_host: str
    transfer_cache: str
    project_path: str
    include_extensions: tuple[str, ...]
    exclude_patterns: tuple[str, ...] = ()
    ssh_port: int | None = None
    ssh_config: str | None = None
    identity_file: str | None = None
    bastion_user: str | None = None
    bastion_host: str | None = None
    bastion_port: int | None = None
    inventory: str | None = None
    receive_script: str | None = None
    python: str = "python3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part of the project that can be sent by itself, and the playbook that brings it to its hosts."""

    name: str
    description: str
    paths: tuple[str, ...]
    playbook: str
    required_files: tuple[str, ...] = ()
    exclude_patterns: tuple[str, ...] = ()
    tags: str = "deploy"


@dataclass(frozen=True, slots=True)
class Config:
    """All that a configuration file says; `folder` is where its relative file names start."""

    folder: Path
    deployment: Deployment
    components: Mapping[str, Component]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value, or each item of a list, must be."""

    fits: Callable[[Any], bool]
    expected: str
    required: bool = False
    many: bool = False


def _matching(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_inside(value: object) -> bool:
    """Tell whether this is a relative path, with forward slashes, that stays in its folder."""
    if not isinstance(value, str) or not re.fullmatch(r"[^-/\\:\x00-\x1f\x7f][^\\:\x00-\x1f\x7f]*", value):
        return False
    return all(part not in {"", ".", ".."} for part in value.rstrip("/").split("/"))


def _is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536


NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
ADDRESS = r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?"
TEXT = r"[^-\x00-\x1f\x7f][^\x00-\x1f\x7f]*"
_name = _matching(NAME)
_host = _matching(f"{NAME}|{ADDRESS}")
_text = _matching(TEXT)
_remote = _matching(r"(~/|/)[^\x00-\x1f\x7f]+")
# Old and new versions of scp quote remote names differently, so these need none.
_cache = _matching(r"(~/|/)[A-Za-z0-9._/-]+")
_inventory = _matching(r"[^-~\x00-\x1f\x7f][^\x00-\x1f\x7f]*|~/[^\x00-\x1f\x7f]+")

DEPLOYMENT = {
    "control_user": Rule(_name, "a user name of letters, digits and . _ -", required=True),
    "control_host": Rule(_host, "a host name or an address", required=True),
    "transfer_cache": Rule(_cache, "a folder that starts with ~/ or /, of letters, digits and . _ - /", required=True),
    "project_path": Rule(_remote, "a folder that starts with ~/ or /", required=True),
    "include_extensions": Rule(_matching(r"\.[A-Za-z0-9]+"), "extensions like .py", required=True, many=True),
    "exclude_patterns": Rule(_text, "patterns like '*.pyc'", many=True),
    "ssh_port": Rule(_is_port, "a port from 1 to 65535"),
    "ssh_config": Rule(_text, "the name of a file"),
    "identity_file": Rule(_text, "the name of a file"),
    "bastion_user": Rule(_name, "a user name of letters, digits and . _ -"),
    "bastion_host": Rule(_host, "a host name or an address"),
    "bastion_port": Rule(_is_port, "a port from 1 to 65535"),
    "inventory": Rule(_inventory, "a path in the project, or one that starts with ~/ or /"),
    "receive_script": Rule(_remote, "a path that starts with ~/ or /"),
    "python": Rule(_text, "a command like python3"),
}
COMPONENT = {
    "name": Rule(_name, "letters, digits and . _ -", required=True),
    "description": Rule(_text, "a line of text", required=True),
    "paths": Rule(is_inside, "paths in the project, with / and without ..", required=True, many=True),
    "playbook": Rule(is_inside, "a path in the project, with / and without ..", required=True),
    "required_files": Rule(is_inside, "paths in the project, with / and without ..", many=True),
    "exclude_patterns": Rule(_text, "patterns like '*.pyc'", many=True),
    "tags": Rule(_matching(r"[A-Za-z0-9_][A-Za-z0-9_,-]*"), "tags like deploy"),
}


def load(path: Path) -> Config:
    """Return what the file says.

    Raises:
        SyncError: with everything that is wrong in it.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise SyncError([f"{path}: can't be read ({error}); name another with --config FILE"]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SyncError([f"{path}: not YAML ({' '.join(str(error).split())}); indent with blanks, not tabs"]) from error
    reader = _Reader(path.name)
    top = reader.entries(node, "", {"deployment": True, "components": True})
    deployment = reader.mapping(top.get("deployment"), "deployment", DEPLOYMENT)
    components = reader.components(top.get("components"))
    reader.check_bastion(top.get("deployment"), deployment)
    reader.raise_any()
    return Config(
        path.resolve().parent,
        Deployment(**deployment),
        {component["name"]: Component(**component) for component in components},
    )


class _Reader:
    """Takes values out of nodes and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._faults: list[tuple[int, str]] = []

    def raise_any(self) -> None:
        if self._faults:
            raise SyncError(f"{self._file}:{line}: {text}" for line, text in sorted(self._faults))

    def entries(self, node: yaml.Node | None, path: str, known: Mapping[str, bool]) -> dict[str, yaml.Node]:
        """Return the entries of a mapping; `known` tells of each name whether it has to be there."""
        found: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            if node is not None or not path:
                self._add(node, f"{path or 'the file'}: expected lines 'name: value'")
            return found
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                self._add(key, f"{_join(path, name)}: unknown key{_suggestion(name, known)}")
            elif name in found:
                self._add(key, f"{_join(path, name)}: given a second time; keep one of them")
            found.setdefault(name, value)
        for name in sorted(name for name, required in known.items() if required and name not in found):
            self._add(node, f"{_join(path, name)}: missing; add a line '{name}: ...'")
        return found

    def mapping(self, node: yaml.Node | None, path: str, rules: Mapping[str, Rule]) -> dict[str, Any]:
        """Return the values of a mapping, each by its rule."""
        found = self.entries(node, path, {name: rule.required for name, rule in rules.items()})
        return {name: self._value(found[name], _join(path, name), rules[name]) for name in rules if name in found}

    def components(self, node: yaml.Node | None) -> list[dict[str, Any]]:
        """Return the components, in their order."""
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            if node is not None:
                self._add(node, "components: expected a list of components; begin each with '- name: ...'")
            return []
        found = [self.mapping(item, f"components[{at}]", COMPONENT) for at, item in enumerate(node.value)]
        for at, component in enumerate(found):
            self._check_overlap(node.value[at], f"components[{at}].paths", component.get("paths", ()))
        names = [component.get("name") for component in found]
        for at, name in enumerate(names):
            if name is not None and name in names[:at]:
                self._add(node.value[at], f"components[{at}].name: {name} is taken; choose another")
        return found

    def _check_overlap(self, node: yaml.Node, path: str, values: Iterable[Any]) -> None:
        folders = sorted(f"{value}".rstrip("/") + "/" for value in values)
        for outer, inner in pairwise(folders):
            if inner.startswith(outer):
                self._add(node, f"{path}: {inner} lies in {outer}; name the outer one only")

    def check_bastion(self, node: yaml.Node | None, values: Mapping[str, Any]) -> None:
        """A user or port of no bastion is a fault: the operator believes that one is used."""
        if "bastion_host" not in values and values.keys() & {"bastion_user", "bastion_port"}:
            self._add(node, "deployment.bastion_host: missing; add it, or take bastion_user and bastion_port out")

    def _value(self, node: yaml.Node, path: str, rule: Rule) -> Any:
        if not rule.many:
            return self._one(node, path, rule)
        if not isinstance(node, yaml.SequenceNode) or (rule.required and not node.value):
            self._add(node, f"{path}: expected a list of {rule.expected}; put each on a line of its own after '- '")
            return ()
        return tuple(self._one(item, f"{path}[{at}]", rule) for at, item in enumerate(node.value))

    def _one(self, node: yaml.Node, path: str, rule: Rule) -> Any:
        value = _plain(node)
        if not rule.fits(value):
            shown = "nothing" if value is None else repr(value)[:60]
            self._add(node, f"{path}: expected {rule.expected}, got {shown}")
        return value

    def _add(self, node: yaml.Node | None, text: str) -> None:
        self._faults.append((node.start_mark.line + 1 if node else 1, text))


def _plain(node: yaml.Node) -> Any:
    try:
        return yaml.constructor.SafeConstructor().construct_document(node)
    except (yaml.YAMLError, ValueError):  # a tag that is not plain YAML, or a date as 2026-99-99
        return node


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; the keys are {', '.join(sorted(known))}"
