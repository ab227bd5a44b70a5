"""What each TensorFlow operation is in ONNX.

Pictures are rows, columns, channels in TensorFlow, and channels, rows, columns in ONNX: between convolutions they stay
the latter, and are turned where an operation cares. What does not depend on the input is worked out at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from imagehub.librarian.vision.models.tfjs import ConversionError, Node

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import NodeProto

    Known = NDArray[Any]


class Flow(NamedTuple):
    """A tensor that depends on the input; its shape is TensorFlow's, even where channels come first in ONNX."""

    name: str
    shape: tuple[int, ...]
    channels_first: bool = False


Value: TypeAlias = "Flow | Known"


class Writer:
    """Collects the nodes and constants of an ONNX graph."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, Known] = {}

    def add(self, op: str, inputs: "Sequence[str | Known]", **attributes: Any) -> str:
        """Add a node and return the name of its output; arrays become constants."""
        from onnx import helper

        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        output = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, names, [output], name=output, **attributes))
        return output

    def constant(self, array: "Known") -> str:
        """Keep a constant and return its name."""
        import numpy as np

        name = f"constant{len(self.constants)}"
        self.constants[name] = np.ascontiguousarray(array)
        return name

    def in_order(self, flow: Flow) -> Flow:
        """Return a tensor with its axes as TensorFlow has them."""
        if not flow.channels_first:
            return flow
        return Flow(self.add("Transpose", [flow.name], perm=[0, 2, 3, 1]), flow.shape)


def convert(writer: Writer, node: Node, inputs: Sequence[Value]) -> list[Value]:
    """Add a node to the graph, and return its outputs.

    Raises:
        ConversionError: the operation, or what it is given, is not known here.
    """
    if node.op not in OPERATIONS:
        raise ConversionError(f"operation {node.op} of node {node.name} is not known; only {', '.join(OPERATIONS)} are")
    try:
        done = OPERATIONS[node.op](writer, node, inputs)
    except (TypeError, AttributeError, IndexError, ValueError) as error:
        raise ConversionError(f"node {node.name} ({node.op}) has inputs that are not understood: {error}") from error
    return done if isinstance(done, list) else [done]


Operation = Callable[[Writer, Node, Sequence[Value]], "Value | list[Value]"]


@dataclass(frozen=True)
class Pairwise:
    """An operation on elements of two or more tensors."""

    op: str
    compute: str

    def __call__(self, writer: Writer, _: Node, inputs: Sequence[Value]) -> Value:
        """Return the result of all inputs, from left to right."""
        result = inputs[0]
        for other in inputs[1:]:
            result = self._pair(writer, result, other)
        return result

    def _pair(self, writer: Writer, one: Value, other: Value) -> Value:
        import numpy as np

        if not isinstance(one, Flow) and not isinstance(other, Flow):
            result: Known = getattr(np, self.compute)(one, other)
            return result
        first = all(not isinstance(each, Flow) or each.channels_first for each in (one, other))
        shape = np.broadcast_shapes(one.shape, other.shape)
        return Flow(writer.add(self.op, [_laid_out(writer, each, first) for each in (one, other)]), shape, first)


def _laid_out(writer: Writer, value: Value, channels_first: bool) -> "str | Known":
    if isinstance(value, Flow):
        return value.name if channels_first else writer.in_order(value).name
    if not channels_first or value.ndim == 0:
        return value
    return value.reshape((1,) * (4 - value.ndim) + value.shape).transpose(0, 3, 1, 2)


@dataclass(frozen=True)
class Single:
    """An operation on each element of one tensor."""

    op: str
    bounds: tuple[float, ...] = ()

    def __call__(self, writer: Writer, _: Node, inputs: Sequence[Value]) -> Value:
        """Return the result of the input."""
        import numpy as np

        flow = _flow(inputs[0])
        bounds = [np.array(bound, np.float32) for bound in self.bounds]
        return flow._replace(name=writer.add(self.op, [flow.name, *bounds]))


def _convolution(writer: Writer, node: Node, inputs: Sequence[Value]) -> Value:
    weights = _known(inputs[1])
    return _convolve(writer, node, _flow(inputs[0]), weights.transpose(3, 2, 0, 1), 1)


def _depthwise(writer: Writer, node: Node, inputs: Sequence[Value]) -> Value:
    weights = _known(inputs[1])
    high, wide, channels, times = weights.shape
    each = weights.transpose(2, 3, 0, 1).reshape(channels * times, 1, high, wide)
    return _convolve(writer, node, _flow(inputs[0]), each, channels)


def _convolve(writer: Writer, node: Node, flow: Flow, weights: "Known", groups: int) -> Flow:
    """Add a convolution with its padding written out: runtimes differ in what they make of `SAME_UPPER`."""
    strides, dilations = node.wholes("strides")[1:3], (node.wholes("dilations") or (1, 1, 1, 1))[1:3]
    same = {"SAME": True, "VALID": False}[node.text("padding")]
    sides = [_side(*each, same) for each in zip(flow.shape[1:3], weights.shape[2:], strides, dilations, strict=True)]
    name = writer.add(
        "Conv",
        [_channels_first(writer, flow).name, weights],
        strides=strides,
        dilations=dilations,
        group=groups,
        pads=[side.before for side in sides] + [side.after for side in sides],
    )
    return Flow(name, (flow.shape[0], *(side.length for side in sides), weights.shape[0]), True)


class _Side(NamedTuple):
    length: int
    before: int
    after: int


def _side(length: int, kernel: int, stride: int, dilation: int, same: bool) -> _Side:
    reach = (kernel - 1) * dilation + 1
    if not same:
        return _Side((length - reach) // stride + 1, 0, 0)
    result = -(-length // stride)
    padding = max((result - 1) * stride + reach - length, 0)
    return _Side(result, padding // 2, padding - padding // 2)


def _channels_first(writer: Writer, flow: Flow) -> Flow:
    if flow.channels_first:
        return flow
    return Flow(writer.add("Transpose", [flow.name], perm=[0, 3, 1, 2]), flow.shape, True)


def _batch_norm(writer: Writer, node: Node, inputs: Sequence[Value]) -> Value:
    import numpy as np

    gamma, beta, mean, variance = (_known(each) for each in inputs[1:5])
    scale = (gamma / np.sqrt(variance + np.float32(node.number("epsilon")))).astype(np.float32)
    scaled = Pairwise("Mul", "multiply")(writer, node, [inputs[0], scale])
    return Pairwise("Add", "add")(writer, node, [scaled, beta - mean * scale])


def _shape(_: Writer, __: Node, inputs: Sequence[Value]) -> Value:
    import numpy as np

    return np.array(inputs[0].shape, np.int32)


def _reshape(writer: Writer, _: Node, inputs: Sequence[Value]) -> Value:
    return _reshaped(writer, inputs[0], _numbers(inputs[1]))


def _reshaped(writer: Writer, value: Value, wanted: Sequence[int]) -> Value:
    import numpy as np

    shape = np.empty(value.shape, np.bool_).reshape(wanted).shape
    if not isinstance(value, Flow):
        return value.reshape(shape)
    return Flow(writer.add("Reshape", [writer.in_order(value).name, np.array(shape, np.int64)]), shape)


def _squeeze(writer: Writer, node: Node, inputs: Sequence[Value]) -> Value:
    import numpy as np

    axes = node.wholes("squeeze_dims") or None
    return _reshaped(writer, inputs[0], np.empty(inputs[0].shape, np.bool_).squeeze(axes).shape)


def _expand(writer: Writer, _: Node, inputs: Sequence[Value]) -> Value:
    return _expanded(writer, inputs[0], _numbers(inputs[1])[0])


def _expanded(writer: Writer, value: Value, axis: int) -> Value:
    import numpy as np

    return _reshaped(writer, value, np.expand_dims(np.empty(value.shape, np.bool_), axis).shape)


def _pack(writer: Writer, node: Node, inputs: Sequence[Value]) -> Value:
    axis = node.whole("axis")
    return _joined(writer, [_expanded(writer, each, axis) for each in inputs], axis)


def _concat(writer: Writer, _: Node, inputs: Sequence[Value]) -> Value:
    return _joined(writer, inputs[:-1], _numbers(inputs[-1])[0])


def _joined(writer: Writer, parts: Sequence[Value], axis: int) -> Value:
    import numpy as np

    shape = np.concatenate([np.empty(each.shape, np.bool_) for each in parts], axis).shape
    if not any(isinstance(each, Flow) for each in parts):
        return np.concatenate([_known(each) for each in parts], axis)
    return Flow(writer.add("Concat", [_laid_out(writer, each, False) for each in parts], axis=axis), shape)


def _unpack(writer: Writer, node: Node, inputs: Sequence[Value]) -> list[Value]:
    import numpy as np

    axis, value = node.whole("axis"), inputs[0]
    if not isinstance(value, Flow):
        return list(np.moveaxis(value, axis, 0))
    flow = writer.in_order(value)
    shape = tuple(np.delete(flow.shape, axis).tolist())
    names = [
        writer.add("Gather", [flow.name, np.array(index, np.int64)], axis=axis) for index in range(flow.shape[axis])
    ]
    return [Flow(name, shape) for name in names]


def _transpose(writer: Writer, _: Node, inputs: Sequence[Value]) -> Value:
    order = _numbers(inputs[1])
    if not isinstance(inputs[0], Flow):
        return inputs[0].transpose(order)
    flow = writer.in_order(inputs[0])
    return Flow(writer.add("Transpose", [flow.name], perm=order), tuple(flow.shape[axis] for axis in order))


def _slice(writer: Writer, _: Node, inputs: Sequence[Value]) -> Value:
    import numpy as np

    flow, starts, sizes = writer.in_order(_flow(inputs[0])), _numbers(inputs[1]), _numbers(inputs[2])
    ends = [length if size < 0 else start + size for length, start, size in zip(flow.shape, starts, sizes, strict=True)]
    name = writer.add("Slice", [flow.name, np.array(starts, np.int64), np.array(ends, np.int64)])
    return Flow(name, tuple(end - start for start, end in zip(starts, ends, strict=True)))


def _strided_slice(_: Writer, node: Node, inputs: Sequence[Value]) -> Value:
    """Take elements of a shape, which is all that the graphs use it for."""
    value, begin, end, step = _known(inputs[0]), *(_numbers(each)[0] for each in inputs[1:4])
    if value.ndim != 1 or any(node.whole(f"{mask}_mask") for mask in ("begin", "end", "ellipsis", "new_axis")):
        raise ConversionError(f"node {node.name} ({node.op}) takes more than elements of a shape")
    taken: Known = value[begin:end:step]
    return taken[0] if node.whole("shrink_axis_mask") else taken


def _tile(_: Writer, __: Node, inputs: Sequence[Value]) -> Value:
    import numpy as np

    return np.tile(_known(inputs[0]), _numbers(inputs[1]))


def _flow(value: Value) -> Flow:
    if not isinstance(value, Flow):
        raise TypeError("a constant where the input's data was expected")
    return value


def _known(value: Value) -> "Known":
    if isinstance(value, Flow):
        raise TypeError("the input's data where a constant was expected")
    return value


def _numbers(value: Value) -> list[int]:
    return [int(each) for each in _known(value).reshape(-1)]


OPERATIONS: dict[str, Operation] = {
    "Add": Pairwise("Add", "add"),
    "AddN": Pairwise("Add", "add"),
    "BiasAdd": Pairwise("Add", "add"),
    "Sub": Pairwise("Sub", "subtract"),
    "Mul": Pairwise("Mul", "multiply"),
    "Relu6": Single("Clip", (0.0, 6.0)),
    "Sigmoid": Single("Sigmoid"),
    "Exp": Single("Exp"),
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "FusedBatchNorm": _batch_norm,
    "Shape": _shape,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "ExpandDims": _expand,
    "Pack": _pack,
    "Unpack": _unpack,
    "ConcatV2": _concat,
    "Transpose": _transpose,
    "Slice": _slice,
    "StridedSlice": _strided_slice,
    "Tile": _tile,
}
