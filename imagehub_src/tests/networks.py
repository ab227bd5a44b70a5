"""Small ONNX models for tests."""

from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save


def constant_model(path: Path, shape: list[int | str], outputs: dict[str, Any], kind: int = TensorProto.FLOAT) -> Path:
    """Write a model that gives the same outputs for each picture; it adds nought times the picture to them."""
    nodes, constants = [helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT)], []
    nodes += [
        helper.make_node("ReduceMax", ["numbers"], ["largest"], keepdims=0),
        helper.make_node("Mul", ["largest", "nought"], ["nothing"]),
    ]
    constants.append(numpy_helper.from_array(np.array(0, np.float32), "nought"))
    for name, array in outputs.items():
        constants.append(numpy_helper.from_array(np.asarray(array, np.float32), f"{name}/is"))
        nodes.append(helper.make_node("Add", [f"{name}/is", "nothing"], [name]))
    return _saved(path, shape, kind, nodes, list(outputs), constants)


def averaging_model(path: Path, row: list[float], shape: list[int | str] | None = None) -> Path:
    """Write a model in YOLOv8's form with one class: its one box is `row`, its score the mean of all pixels.

    Where its shape leaves the size open, it runs on pictures of 32 rows and 64 columns only.
    """
    nodes = [
        helper.make_node("Reshape", ["pixels", "size"], ["measured"]),
        helper.make_node("ReduceMean", ["measured"], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["mean", "shape"], ["score"]),
        helper.make_node("Concat", ["box", "score"], ["output0"], axis=1),
    ]
    box = numpy_helper.from_array(np.array(row, np.float32).reshape(1, 4, 1), "box")
    ones = numpy_helper.from_array(np.array([1, 1, 1], np.int64), "shape")
    size = numpy_helper.from_array(np.array([1, 3, 32, 64], np.int64), "size")
    return _saved(path, shape or [1, 3, 32, 64], TensorProto.FLOAT, nodes, ["output0"], [box, ones, size])


def _saved(path: Path, shape: list[int | str], kind: int, nodes: Any, outputs: list[str], constants: Any) -> Path:
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("pixels", kind, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        constants,
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path
