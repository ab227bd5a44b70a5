"""Runtimes: what an ONNX file is computed with."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from imagehub.errors import ImagehubError, MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]


class Input(NamedTuple):
    """What a model takes; a length that it leaves open is None."""

    name: str
    shape: tuple[int | None, ...]
    kind: "np.dtype[Any]"


class Network(Protocol):
    """A model that is ready to run."""

    inputs: tuple[Input, ...]

    def run(self, values: "Mapping[str, Array]") -> "dict[str, Array]":
        """Return the outputs for these inputs, in the model's order.

        Raises:
            ImagehubError: the model does not run.
        """


def opened(path: Path, runtime: str, threads: int) -> Network:
    """Return the model of an ONNX file, made ready for so many threads.

    Raises:
        ImagehubError: there is no such file, or it holds no model that the runtime knows.
        MissingExtraError: the runtime is not installed.
    """
    if not path.is_file():
        raise ImagehubError(f"{path}: no such file; it must be an ONNX model")
    if chosen(runtime) == "openvino":
        return _OpenVino(path, threads)
    return _OnnxRuntime(path, threads)


def chosen(runtime: str) -> str:
    """Return the runtime that a setting stands for: `auto` is OpenVINO where it is installed.

    Raises:
        MissingExtraError: it is not installed.
    """
    if runtime == "auto":
        runtime = "openvino" if find_spec("openvino") else "onnxruntime"
    if find_spec(runtime) is None:
        raise MissingExtraError(f"vision.runtime: {runtime}", "openvino" if runtime == "openvino" else "vision")
    return runtime


class _OnnxRuntime:
    def __init__(self, path: Path, threads: int) -> None:
        import numpy as np
        import onnxruntime as ort
        from onnxruntime.capi import onnxruntime_pybind11_state as faults

        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        # Threads that wait for work sleep; the arena is left on: without, the heap falls to pieces and grows by 100 MB.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._path = path
        self._faults = (
            faults.Fail,
            faults.InvalidArgument,
            faults.InvalidGraph,
            faults.InvalidProtobuf,
            faults.NotImplemented,
            faults.RuntimeException,
        )
        try:
            self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except self._faults as error:
            raise _unfit(path, "onnxruntime can't load it as an ONNX model", error) from error
        kinds = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(float16)": "float16"}
        self.inputs = tuple(
            Input(each.name, tuple(_length(length) for length in each.shape), np.dtype(kinds.get(each.type, "object")))
            for each in self._session.get_inputs()
        )
        self._outputs = [each.name for each in self._session.get_outputs()]

    def run(self, values: "Mapping[str, Array]") -> "dict[str, Array]":
        try:
            results = self._session.run(self._outputs, dict(values))
        except self._faults as error:
            raise _unfit(self._path, "onnxruntime can't run it", error) from error
        return dict(zip(self._outputs, results, strict=True))


class _OpenVino:
    def __init__(self, path: Path, threads: int) -> None:
        import openvino
        from openvino import frontend

        self._path = path
        options = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        # Left to choose, it would try what is no ONNX file as a model of each other form that it knows.
        reader = frontend.FrontEndManager().load_by_framework("onnx")
        try:
            self._model = openvino.Core().compile_model(reader.convert(reader.load(path)), "CPU", options)
        except (RuntimeError, frontend.GeneralFailure, frontend.OpConversionFailure) as error:
            raise _unfit(path, "openvino can't load it as an ONNX model", error) from error
        if not self._model.inputs:  # an empty file is an empty model to it
            raise _unfit(path, "openvino can't load it as an ONNX model", "it takes nothing")
        self.inputs = tuple(
            Input(
                each.get_any_name(), tuple(_length(length) for length in _lengths(each)), each.element_type.to_dtype()
            )
            for each in self._model.inputs
        )
        self._outputs = [each.get_any_name() for each in self._model.outputs]
        self._request = self._model.create_infer_request()

    def run(self, values: "Mapping[str, Array]") -> "dict[str, Array]":
        # Not shared: the request writes into the same memory the next time.
        try:
            results = self._request.infer(dict(values), share_inputs=True, share_outputs=False)
        except RuntimeError as error:
            raise _unfit(self._path, "openvino can't run it", error) from error
        return {name: results[index] for index, name in enumerate(self._outputs)}


def _lengths(port: Any) -> list[int | None]:
    return [each.get_length() if each.is_static else None for each in port.partial_shape]


def _length(written: object) -> int | None:
    return written if isinstance(written, int) and written > 0 else None


def _unfit(path: Path, fault: str, error: object) -> ImagehubError:
    return ImagehubError(f"{path}: {fault}: {str(error).strip().splitlines()[0]}")
