"""Sections of an imagenode.yaml as values: each key of its kind, or a fault that names its path and line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from imagehub import yamlfile
from imagehub.node.settings import keys
from imagehub.node.settings.keys import REQUIRED, Key, Keys
from imagehub.yamlfile import Faults

LABEL = r"[A-Za-z][A-Za-z0-9_]*"


@dataclass(frozen=True, slots=True)
class Section:
    """One section that was read: its path, where it stands, its values, and where each that was given stands."""

    path: str
    at: yaml.Node | None
    values: dict[str, Any]
    nodes: dict[str, yaml.Node]

    @property
    def label(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def fault(self, faults: Faults, name: str, text: str) -> None:
        """Say what is wrong with the value of a key."""
        faults.add(self.nodes.get(name, self.at), f"{self.path}.{name}: {text}")


def section(node: yaml.Node | None, path: str, known: Keys, faults: Faults, *more: str) -> Section:
    """Read a section with these keys; `more` are names of sections within it, which stay as they are in `nodes`."""
    nodes = entries(node, path, (*known, *more), faults)
    values = {name: _value(nodes.get(name), f"{path}.{name}", key, faults) for name, key in known.items()}
    for name, key in known.items():
        if key.default is REQUIRED and name not in nodes:
            faults.add(node, f"{path}.{name}: missing; expected {key.kind.expected}")
    return Section(path, node, values, nodes)


def entries(node: yaml.Node | None, path: str, names: tuple[str, ...], faults: Faults) -> dict[str, yaml.Node]:
    """Return the entries of a mapping by name; an unknown name is a fault, with the nearest known one."""
    prefix = f"{path}." if path else ""
    own = {name: f"{prefix}{name}" for name in names}
    small = {name.lower(): where for name, where in own.items()}
    return yamlfile.entries(node, prefix, keys.paths() | small | own, faults)


def _value(node: yaml.Node | None, path: str, key: Key, faults: Faults) -> Any:
    if node is None:
        return key.default if key.default in (None, REQUIRED) else key.made(key.default)
    value = yamlfile.read(node, path, key.kind, faults)
    return key.made(value) if key.kind.fits(value) else key.default


def labelled(
    node: yaml.Node | None, path: str, faults: Faults, pattern: str = LABEL, example: str = "P1"
) -> Iterator[tuple[str, yaml.Node]]:
    """Yield the entries of a mapping whose names people choose, with the path of each."""
    if not isinstance(node, yaml.MappingNode):
        if node is not None and yamlfile.shown(node) != yamlfile.NOTHING:
            faults.add(node, f"{path}: expected a line '{example}:', got {yamlfile.shown(node)}")
        return
    seen = set()
    for key, value in node.value:
        label = key.value if isinstance(key, yaml.ScalarNode) else yamlfile.shown(key)
        if not re.fullmatch(pattern, label):
            faults.add(key, f"{path}.{label}: not a label; expected one as {example}")
        elif label in seen:
            faults.add(key, f"{path}.{label}: given a second time; keep one of them")
        else:
            yield f"{path}.{label}", value
        seen.add(label)
