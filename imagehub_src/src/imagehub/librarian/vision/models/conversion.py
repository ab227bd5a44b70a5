"""From a TensorFlow.js graph model to an ONNX file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imagehub.librarian.vision.models import tfjs
from imagehub.librarian.vision.models.operations import Flow, Value, Writer, convert
from imagehub.librarian.vision.models.tfjs import ConversionError

if TYPE_CHECKING:
    from onnx import ValueInfoProto

# The oldest that has all that is written here, for the sake of old runtimes.
OPSET, IR_VERSION = 13, 8


@dataclass(frozen=True)
class Cut:
    """What of a graph is wanted: from the node that gives the sized picture (1, rows, columns, 3) to named outputs."""

    entry: str
    shape: tuple[int, ...]
    outputs: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]


def to_onnx(files: Mapping[str, bytes], cut: Cut) -> bytes:
    """Return the ONNX file of the wanted part of a graph; its input `pixels` has channels first.

    Raises:
        ConversionError: the graph has something that is not understood.
    """
    from onnx import checker, helper, numpy_helper

    walk = _Walk(tfjs.read(files))
    walk.done[cut.entry] = [Flow("pixels", cut.shape, True)]
    outputs = [_output(walk, name, node, cut.shapes[name]) for name, node in cut.outputs.items()]
    batch, high, wide, channels = cut.shape
    graph = helper.make_graph(
        walk.writer.nodes,
        "detector",
        [_described("pixels", (batch, channels, high, wide))],
        outputs,
        [numpy_helper.from_array(array, name) for name, array in walk.writer.constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


@dataclass
class _Walk:
    """Converts nodes after those that they need."""

    graph: tfjs.Graph
    writer: Writer = field(default_factory=Writer)
    done: dict[str, list[Value]] = field(default_factory=dict)

    def value(self, wanted: str) -> Value:
        """Return the output of a node, converted if it isn't yet."""
        name, _, index = wanted.partition(":")
        pending = [name]
        while pending:
            missing = [each for each in self._needs(pending[-1]) if each not in self.done]
            if missing and pending[-1] not in self.done:
                pending += missing
            else:
                self._convert(pending.pop())
        return self.done[name][int(index or 0)]

    def _needs(self, name: str) -> list[str]:
        if name in self.graph.weights:
            return []
        if name not in self.graph.nodes:
            raise ConversionError(f"the graph has no node {name}")
        return [each.partition(":")[0] for each in self.graph.nodes[name].inputs]

    def _convert(self, name: str) -> None:
        if name in self.done:
            return
        if name in self.graph.weights:
            self.done[name] = [self.graph.weights[name]]
            return
        node = self.graph.nodes[name]
        self.done[name] = convert(self.writer, node, [self.value(each) for each in node.inputs])


def _output(walk: _Walk, name: str, node: str, shape: tuple[int, ...]) -> "ValueInfoProto":
    import numpy as np

    value = walk.value(node)
    if not isinstance(value, Flow) or np.prod(value.shape) != np.prod(shape):
        raise ConversionError(f"node {node} does not give {name} of the shape {shape}")
    walk.writer.add("Reshape", [walk.writer.in_order(value).name, np.array(shape, np.int64)])
    walk.writer.nodes[-1].output[0] = name
    return _described(name, shape)


def _described(name: str, shape: tuple[int, ...]) -> "ValueInfoProto":
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
