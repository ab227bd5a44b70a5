"""Each operation of a TensorFlow.js graph does in ONNX what it does in TensorFlow, where channels come last."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from imagehub.librarian.vision.models.conversion import Cut, to_onnx  # noqa: E402
from imagehub.librarian.vision.models.tfjs import ConversionError  # noqa: E402

Node = tuple[str, str, list[str], dict[str, Any]]
SHAPE = (1, 5, 7, 3)
PICTURE = np.random.default_rng(7).uniform(-4, 9, SHAPE).astype(np.float32)


def graph(nodes: list[Node], weights: Mapping[str, Any]) -> dict[str, bytes]:
    """Return a model with these nodes, its weights in two shards."""
    content = b"".join(array.tobytes() for array in weights.values())
    described = [{"name": key, "shape": list(each.shape), "dtype": str(each.dtype)} for key, each in weights.items()]
    written = [{"name": name, "op": op, "input": inputs, "attr": attr} for name, op, inputs, attr in nodes]
    model = {
        "modelTopology": {"node": [{"name": "in", "op": "Placeholder"}, *written]},
        "weightsManifest": [{"paths": ["a", "b"], "weights": described}],
    }
    return {"model.json": json.dumps(model).encode(), "a": content[:5], "b": content[5:]}


def converted(nodes: list[Node], weights: Mapping[str, Any], shape: tuple[int, ...]) -> Any:
    """Return what the ONNX file of a graph makes of PICTURE; its last node gives the output."""
    cut = Cut("in", SHAPE, {"out": nodes[-1][0]}, {"out": shape})
    session = onnxruntime.InferenceSession(to_onnx(graph(nodes, weights), cut))
    return session.run(None, {"pixels": PICTURE.transpose(0, 3, 1, 2)})[0]


def text(value: str) -> dict[str, Any]:
    """Return a text as TensorFlow.js writes it."""
    return {"s": list(value.encode())}


def wholes(*values: int) -> dict[str, Any]:
    """Return whole numbers as TensorFlow.js writes them."""
    return {"list": {"i": [str(value) for value in values]}}


def convolved(weights: Any, stride: int, dilation: int, padding: str) -> Any:
    """Return the depthwise convolution of PICTURE with (rows, columns, channels, times), spelled out."""
    high, wide, channels, times = weights.shape
    reach = ((high - 1) * dilation + 1, (wide - 1) * dilation + 1)
    if padding == "SAME":
        lengths = [-(-length // stride) for length in SHAPE[1:3]]
        missing = [
            max((result - 1) * stride + far - length, 0)
            for result, far, length in zip(lengths, reach, SHAPE[1:3], strict=True)
        ]
    else:
        lengths = [(length - far) // stride + 1 for length, far in zip(SHAPE[1:3], reach, strict=True)]
        missing = [0, 0]
    padded = np.pad(PICTURE[0], [*((each // 2, each - each // 2) for each in missing), (0, 0)])
    result = np.zeros((1, *lengths, channels, times), np.float32)
    for row, column in np.ndindex(*lengths):
        top, left = row * stride, column * stride
        part = padded[top : top + reach[0] : dilation, left : left + reach[1] : dilation]
        result[0, row, column] = np.einsum("yxc,yxct->ct", part, weights)
    return result


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (3, 1)])
def test_convolutions(padding: str, stride: int, dilation: int) -> None:
    """Uneven padding goes to the end, as TensorFlow has it; attributes may be in base64."""
    weights = np.random.default_rng(1).normal(size=(3, 2, 3, 4)).astype(np.float32)
    attributes = {"padding": text(padding), "dilations": wholes(1, dilation, dilation, 1)}
    attributes["strides"] = wholes(1, stride, stride, 1)
    by_channel = convolved(weights, stride, dilation, padding)
    shape = (*by_channel.shape[:3], 12)
    told = converted([("deep", "DepthwiseConv2dNative", ["in", "w"], attributes)], {"w": weights}, shape)
    assert np.allclose(told, by_channel.reshape(shape), atol=1e-4)
    attributes["padding"] = {"s": base64.b64encode(padding.encode()).decode()}
    summed = by_channel.sum(3)
    told = converted([("full", "Conv2D", ["in", "w"], attributes)], {"w": weights}, summed.shape)
    assert np.allclose(told, summed, atol=1e-4)


CHANNELS = np.array([1.5, -2, 3], np.float32)
FULL = np.random.default_rng(2).normal(size=SHAPE).astype(np.float32)


@pytest.mark.parametrize("other", [np.float32(2.5), CHANNELS, FULL], ids=["number", "channels", "picture"])
@pytest.mark.parametrize(
    ("op", "compute"),
    [("Add", np.add), ("BiasAdd", np.add), ("AddN", np.add), ("Sub", np.subtract), ("Mul", np.multiply)],
)
def test_pairs(op: str, compute: Any, other: Any) -> None:
    """What is given by channel meets the channels, wherever they are."""
    told = converted([("pair", op, ["in", "w"], {})], {"w": np.asarray(other)}, SHAPE)
    assert np.allclose(told, compute(PICTURE, other), atol=1e-5)
    told = converted([("pair", op, ["w", "in"], {})], {"w": np.asarray(other)}, SHAPE)
    assert np.allclose(told, compute(other, PICTURE), atol=1e-5)


def test_pairs_of_which_one_was_turned() -> None:
    """A picture that went through a transposition meets one that did not."""
    nodes: list[Node] = [
        ("there", "Transpose", ["in", "there/order"], {}),
        ("back", "Transpose", ["there", "back/order"], {}),
        ("sum", "AddN", ["in", "back", "in"], {}),
    ]
    weights = {"there/order": np.array([0, 2, 1, 3], np.int32), "back/order": np.array([0, 2, 1, 3], np.int32)}
    assert np.allclose(converted(nodes, weights, SHAPE), 3 * PICTURE, atol=1e-5)


@pytest.mark.parametrize(
    ("op", "compute"),
    [("Relu6", lambda x: np.clip(x, 0, 6)), ("Sigmoid", lambda x: 1 / (1 + np.exp(-x))), ("Exp", np.exp)],
)
def test_singles(op: str, compute: Any) -> None:
    """Each element for itself."""
    assert np.allclose(converted([("one", op, ["in"], {})], {}, SHAPE), compute(PICTURE), rtol=1e-4)


def test_batch_norm() -> None:
    """With the numbers of the trained model."""
    gamma, beta, mean = CHANNELS, CHANNELS * 2, CHANNELS - 1
    variance = np.array([0.5, 2, 3], np.float32)
    weights = {"g": gamma, "b": beta, "m": mean, "v": variance}
    told = converted([("norm", "FusedBatchNorm", ["in", *weights], {"epsilon": {"f": 0.001}})], weights, SHAPE)
    assert np.allclose(told, (PICTURE - mean) / np.sqrt(variance + 0.001) * gamma + beta, atol=1e-4)


def test_shapes() -> None:
    """Pictures are turned before what cares for the order of their axes."""
    ints = {"rows": np.array([-1, 3], np.int32), "axis": np.array(1, np.int32), "last": np.array(0, np.int32)}
    flat: Node = ("flat", "Reshape", ["in", "rows"], {})
    assert np.array_equal(converted([flat], ints, (35, 3)), PICTURE.reshape(35, 3))
    wide: Node = ("wide", "ExpandDims", ["flat", "axis"], {})
    assert np.array_equal(converted([flat, wide], ints, (35, 1, 3)), PICTURE.reshape(35, 1, 3))
    thin: Node = ("thin", "Squeeze", ["wide"], {"squeeze_dims": wholes(1)})
    assert np.array_equal(converted([flat, wide, thin], ints, (35, 3)), PICTURE.reshape(35, 3))
    joined: Node = ("joined", "ConcatV2", ["flat", "flat", "last"], {})
    assert np.array_equal(converted([flat, joined], ints, (70, 3)), np.concatenate([PICTURE.reshape(35, 3)] * 2))


def test_parts() -> None:
    """Slices, and columns that are taken apart and put together in another order."""
    ints = {"from": np.array([0, 1, 2, 0], np.int32), "size": np.array([1, 3, -1, 2], np.int32)}
    sliced: Node = ("slice", "Slice", ["in", "from", "size"], {})
    assert np.array_equal(converted([sliced], ints, (1, 3, 5, 2)), PICTURE[:, 1:4, 2:, :2])
    apart: Node = ("apart", "Unpack", ["in"], {"axis": {"i": "3"}, "num": {"i": "3"}})
    packed: Node = ("packed", "Pack", ["apart:2", "apart", "apart:1"], {"axis": {"i": "0"}})
    told = converted([apart, packed], {}, (3, 1, 5, 7))
    assert np.array_equal(told, PICTURE.transpose(3, 0, 1, 2)[[2, 0, 1]])


def test_what_the_input_does_not_change_is_worked_out() -> None:
    """Shapes, and what is made of constants, are constants of the ONNX file."""
    ints = {
        "zero": np.array([0], np.int32), "one": np.array([1], np.int32), "three": np.array(3, np.int32),
        "times": np.array([35, 1], np.int32), "row": np.array([[1, 2, 3]], np.float32), "first": np.array(0, np.int32),
    }  # fmt: skip
    nodes: list[Node] = [
        ("shape", "Shape", ["in"], {}),
        ("batch", "StridedSlice", ["shape", "zero", "one", "one"], {"shrink_axis_mask": {"i": "1"}}),
        ("minus", "Sub", ["batch", "batch"], {}),
        ("rest", "Sub", ["minus", "batch"], {}),
        ("wanted", "Pack", ["rest", "three"], {"axis": {"i": "0"}}),
        ("rows", "Reshape", ["in", "wanted"], {}),
        ("tiled", "Tile", ["row", "times"], {}),
        ("sum", "Add", ["rows", "tiled"], {}),
    ]
    assert np.allclose(converted(nodes, ints, (35, 3)), PICTURE.reshape(35, 3) + np.array([1, 2, 3]), atol=1e-5)


def test_the_same_graph_gives_the_same_file() -> None:
    """Byte by byte."""
    files = graph([("sum", "Add", ["in", "w"], {})], {"w": CHANNELS})
    cut = Cut("in", SHAPE, {"out": "sum"}, {"out": SHAPE})
    assert to_onnx(files, cut) == to_onnx(files, cut)


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (("x", "FlyingOp", ["in"], {}), "operation FlyingOp of node x is not known; only Add, "),
        (("x", "Add", ["in", "gone"], {}), "the graph has no node gone"),
        (("x", "Conv2D", ["in", "kernel"], {}), "node x .Conv2D. has no attribute strides"),
        (("x", "Conv2D", ["in", "in"], {}), "a constant was expected"),
        (("x", "Reshape", ["in", "rows"], {}), "node x .Reshape. has inputs that are not understood"),
        (("x", "Tile", ["in", "w"], {}), "a constant was expected"),
        (("x", "Unpack", ["in"], {"axis": {"i": "9"}}), "node x .Unpack. has inputs"),
        (("x", "Shape", ["in"], {}), "does not give out of the shape"),
    ],
)
def test_what_is_not_understood_is_named(node: Node, fault: str) -> None:
    """The error says which node and why."""
    with pytest.raises(ConversionError, match=fault):
        converted([node], {"w": CHANNELS, "rows": np.array([4, 4], np.int32), "kernel": FULL}, SHAPE)


@pytest.mark.parametrize("change", [{"model.json": b"{}"}, {"model.json": b"<html>"}, {"b": b""}])
def test_what_is_no_model_is_told(change: dict[str, bytes]) -> None:
    """Cut shards, too."""
    files = graph([("sum", "Add", ["in", "w"], {})], {"w": CHANNELS}) | change
    with pytest.raises(ConversionError, match=r"no TensorFlow\.js graph model"):
        to_onnx(files, Cut("in", SHAPE, {"out": "sum"}, {"out": SHAPE}))


def test_quantized_weights_are_refused() -> None:
    """They would be read as what they are not."""
    files = graph([("sum", "Add", ["in", "w"], {})], {"w": CHANNELS.astype(np.float16)})
    with pytest.raises(ConversionError, match="weight w is neither float32 nor int32"):
        to_onnx(files, Cut("in", SHAPE, {"out": "sum"}, {"out": SHAPE}))
