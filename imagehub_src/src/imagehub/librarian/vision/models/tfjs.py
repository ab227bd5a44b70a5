"""TensorFlow.js graph models, as `model.json` and its shards hold them."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagehub.errors import ImagehubError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Known = NDArray[Any]


class ConversionError(ImagehubError):
    """A model can't be converted; says what of it is not understood."""


@dataclass(frozen=True)
class Node:
    """An operation of a graph; inputs are names of nodes, with `:1` and so on for further outputs."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return an attribute that is a text; TensorFlow.js writes its bytes as numbers, or in base64."""
        value = self._value(name, "s")
        return (base64.b64decode(value) if isinstance(value, str) else bytes(value)).decode()

    def whole(self, name: str, default: int = 0) -> int:
        """Return an attribute that is a whole number."""
        return int(self.attributes[name]["i"]) if name in self.attributes else default

    def wholes(self, name: str) -> tuple[int, ...]:
        """Return an attribute that is a list of whole numbers."""
        return tuple(int(each) for each in self._value(name, "list").get("i", ()))

    def number(self, name: str) -> float:
        """Return an attribute that is a number."""
        return float(self._value(name, "f"))

    def _value(self, name: str, form: str) -> Any:
        try:
            return self.attributes[name][form]
        except KeyError:
            raise ConversionError(
                f"node {self.name} ({self.op}) has no attribute {name} of the form {form!r}"
            ) from None


@dataclass(frozen=True)
class Graph:
    """The operations of a graph by name, and its weights."""

    nodes: Mapping[str, Node]
    weights: "Mapping[str, Known]"


def read(files: Mapping[str, bytes]) -> Graph:
    """Return the graph that `model.json` and its shards, given by their names, hold.

    Raises:
        ConversionError: they hold none.
    """
    try:
        whole = json.loads(files["model.json"])
        nodes = [_node(each) for each in whole["modelTopology"]["node"]]
        weights = {name: array for group in whole["weightsManifest"] for name, array in _weights(group, files)}
    except (KeyError, TypeError, ValueError) as error:
        raise ConversionError(f"no TensorFlow.js graph model: {error!r}") from error
    return Graph({node.name: node for node in nodes}, weights)


def _node(written: Mapping[str, Any]) -> Node:
    return Node(written["name"], written["op"], tuple(written.get("input", ())), written.get("attr", {}))


def _weights(group: Mapping[str, Any], files: Mapping[str, bytes]) -> "list[tuple[str, Known]]":
    import numpy as np

    content = b"".join(files[path] for path in group["paths"])
    found, start = [], 0
    for each in group["weights"]:
        if "quantization" in each or each["dtype"] not in {"float32", "int32"}:
            raise ConversionError(f"weight {each['name']} is neither float32 nor int32")
        kind = np.dtype(each["dtype"]).newbyteorder("<")
        array = np.frombuffer(content, kind, count=int(np.prod(each["shape"])), offset=start)
        found.append((each["name"], array.reshape(each["shape"])))
        start += array.nbytes
    return found
