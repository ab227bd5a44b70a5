"""Freshly installed models are tried on drawn pictures, and compared with what the originals made of these.

`references.json` has what the original COCO-SSD told under TensorFlow.js at some of its anchors, and the text and the
place of it that PP-OCR found.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.models import drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imagehub.librarian.vision.seeing import Picture

    Array = NDArray[Any]

REFERENCES = Path(__file__).with_name("references.json")
# Runtimes add up in different orders; what is broken is off by far more. Most scores are small, so their logarithms are
# compared.
TOLERANCE, SMALLEST = 0.005, 1e-9
PIXELS = 3


class CheckError(ImagehubError):
    """A model does not tell what the original told of the same picture."""


def check(name: str, folder: Path) -> None:
    """Try the model in a folder, which is known by this name.

    Raises:
        CheckError: its outputs differ from the stored ones.
    """
    CHECKS[name](folder, json.loads(REFERENCES.read_text(encoding="utf-8"))[name])


def _check_detector(folder: Path, expected: list[dict[str, Any]]) -> None:
    import numpy as np

    pixels = drawn.stop_sign()[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    boxes, scores = _outputs(folder / "model.onnx", pixels)
    for each in expected:
        score = max(scores[0, each["row"], each["class"]], SMALLEST)
        told = np.array([*boxes[0, each["row"]], np.log(score)])
        _compare(f"row {each['row']}", told, [*each["box"], float(np.log(each["score"]))], TOLERANCE)


def _check_reader(folder: Path, expected: Mapping[str, Any]) -> None:
    text = expected["text"]
    told = read_line(folder / "rec.onnx", drawn.sign(text, 48, 200))
    if told != text:
        raise CheckError(f"of a picture of {text!r} it read {told!r}")
    import numpy as np

    inked = _outputs(folder / "det.onnx", _scaled(drawn.sign(text, 96, 320)))[0][0, 0] > 0.5
    rows, columns = np.nonzero(inked.any(1))[0], np.nonzero(inked.any(0))[0]
    place = [*(rows[[0, -1]] if len(rows) else (0, 0)), *(columns[[0, -1]] if len(columns) else (0, 0))]
    _compare(
        "place of the text", np.array(place), [expected[side] for side in ("top", "bottom", "left", "right")], PIXELS
    )


CHECKS: Mapping[str, Callable[[Path, Any], None]] = {"coco-ssd": _check_detector, "pp-ocr": _check_reader}


def read_line(path: Path, picture: "Picture") -> str:
    """Return the text of a picture of one line, 48 pixels high, as the recognition model at the path reads it."""
    import onnxruntime as ort

    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    letters = ["", *session.get_modelmeta().custom_metadata_map.get("character", "").split("\n"), " "]
    numbers = session.run(None, {session.get_inputs()[0].name: _scaled(picture)})[0][0].argmax(1)
    changes = [number for index, number in enumerate(numbers) if index == 0 or numbers[index - 1] != number]
    return "".join(letters[number] for number in changes if number < len(letters))


def _scaled(picture: "Picture") -> "Array":
    import numpy as np

    return ((picture.astype(np.float32) / 127.5) - 1).transpose(2, 0, 1)[None]


def _outputs(path: Path, pixels: "Array") -> "list[Array]":
    import onnxruntime as ort

    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    outputs: list[Array] = session.run(None, {session.get_inputs()[0].name: pixels})
    return outputs


def _compare(what: str, told: "Array", expected: list[float], tolerance: float) -> None:
    off = abs(told - expected).max()
    if not off <= tolerance:
        raise CheckError(f"{what} is {told.tolist()} and should be {expected}: {off:.4f} off")
