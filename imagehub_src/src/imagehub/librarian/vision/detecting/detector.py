"""Detectors from ONNX files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imagehub.errors import ImagehubError
from imagehub.librarian.settings import Settings
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.detecting import runtime
from imagehub.librarian.vision.detecting.forms import FORMS, Form, FormError, Found, Place, distinct
from imagehub.librarian.vision.models import labels, manifest
from imagehub.librarian.vision.seeing import Model, Thing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imagehub.librarian.vision.seeing import Picture


def load(settings: Settings) -> "OnnxDetector":
    """Return the detector that the settings name, ready to run; the process' OpenCV keeps to `vision.threads` as well.

    Raises:
        ImagehubError: it is not installed, or its file or its labels are not what they must be.
        MissingExtraError: the runtime is not installed.
    """
    import cv2

    vision, model = settings.vision, settings.vision.model
    cv2.setNumThreads(vision.threads)
    if "/" in model or model.endswith(".onnx"):
        chosen = _own(settings.folder / model, vision.labels_file, vision.model_form)
    else:
        chosen = _installed(settings.models_directory, model, vision.labels_file)
    network = runtime.opened(chosen.path, vision.runtime, vision.threads)
    return OnnxDetector(chosen.path, chosen.model, network, chosen.form, chosen.labels)


class _Chosen(NamedTuple):
    path: Path
    model: Model
    labels: tuple[str, ...]
    form: str


def _installed(folder: Path, name: str, labels_file: Path | None) -> _Chosen:
    entry = manifest.one(folder, name)
    if entry.kind != "detector":
        raise ImagehubError(f"vision.model: {name} is a {entry.kind}, and no detector as `coco-ssd` is")
    told = labels.read(labels_file or manifest.path_of(folder, name, "labels.txt"))
    path = manifest.path_of(folder, name, "model.onnx")
    return _Chosen(path, Model(entry.name, entry.version, entry.digest), told, "ssd")


def _own(path: Path, labels_file: Path | None, form: str) -> _Chosen:
    if labels_file is None:
        raise ImagehubError(f"vision.labels_file: {path} needs a file with its labels, one a line, in its order")
    return _Chosen(path, Model(path.stem, "", manifest.digest_of(path)), labels.read(labels_file), form)


class OnnxDetector:
    """Finds objects by a model of one of the known forms."""

    def __init__(self, path: Path, model: Model, network: runtime.Network, form: str, told: tuple[str, ...]) -> None:
        """Try the model on an empty picture, so that what is wrong with it is known at once."""
        import numpy as np

        self.model = model
        self._path, self._network, self._labels = path, network, told
        self._form: Form = FORMS[form](len(told))
        self._shape = _Shape.of(path, network.inputs, self._form.side)
        self.detect([np.zeros((self._shape.height, self._shape.width, 3), np.uint8)])

    def detect(self, pictures: "Sequence[Picture]") -> list[list[Thing]]:
        """Return what is in each of the pictures, with scores of at least LEAST, the surest first.

        Raises:
            ImagehubError: the model's outputs are not of its form.
        """
        return [self._look(picture) for picture in pictures]

    def _look(self, picture: "Picture") -> list[Thing]:
        shown, place = self._form.show(picture, self._shape.width, self._shape.height)
        outputs = self._network.run({self._network.inputs[0].name: self._laid_out(shown)})
        try:
            found = distinct(self._form.candidates(outputs, self._shape.width, self._shape.height))
        except FormError as error:
            raise ImagehubError(f"{self._path}: {error}") from error
        return self._things(found, place)

    def _laid_out(self, shown: "Picture") -> "NDArray[Any]":
        import numpy as np

        ordered = shown.transpose(2, 0, 1) if self._shape.channels_first else shown
        pixels: NDArray[Any] = np.ascontiguousarray(ordered[None], dtype=self._shape.kind)
        if self._shape.kind != np.uint8 and self._form.brightest != 255:
            pixels *= self._form.brightest / 255
        return pixels

    def _things(self, found: Found, place: Place) -> list[Thing]:
        whole = zip(found.boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True)
        return [
            Thing(self._label(number), score, _box(corners, place))
            for corners, score, number in whole
            if self._label(number)
        ]

    def _label(self, number: int) -> str:
        if 0 <= number < len(self._labels):
            return self._labels[number]
        raise ImagehubError(
            f"{self._path}: it told class {number}, and there are {len(self._labels)} labels; vision.labels_file must "
            "have a line for each class, from class 0 on"
        )


class _Shape(NamedTuple):
    width: int
    height: int
    channels_first: bool
    kind: Any

    @classmethod
    def of(cls, path: Path, inputs: Sequence[runtime.Input], side: int) -> "_Shape":
        shape = inputs[0].shape
        one_picture = len(inputs) == 1 and len(shape) == 4 and shape[0] in {None, 1} and 3 in {shape[1], shape[3]}
        if not one_picture or inputs[0].kind == "object":
            raise ImagehubError(
                f"{path}: it takes {', '.join(f'{each.name} {each.shape}' for each in inputs)}; a detector takes one "
                "picture at a time, as 1x3xHEIGHTxWIDTH or 1xHEIGHTxWIDTHx3 numbers (float32, float16 or uint8)"
            )
        channels_first = shape[1] == 3
        height, width = shape[2:4] if channels_first else shape[1:3]
        return cls(width or side, height or side, channels_first, inputs[0].kind)


def _box(corners: Sequence[float], place: Place) -> Box:
    left, right = (min(max((each - place.left) / place.width, 0.0), 1.0) for each in (corners[0], corners[2]))
    top, bottom = (min(max((each - place.top) / place.height, 0.0), 1.0) for each in (corners[1], corners[3]))
    return Box(left, top, max(right - left, 0.0), max(bottom - top, 0.0))
