"""Forms of detectors: what they want to be shown, and what their outputs mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.seeing import LEAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imagehub.librarian.vision.seeing import Picture

    Array = NDArray[Any]

# Boxes of one class that overlap more are the same object.
SAME = 0.5
# No picture shows more: what only a broken model finds must not cost time.
MOST = 300


class FormError(ImagehubError):
    """A model's outputs are not of the form that was said."""


class Found(NamedTuple):
    """Candidates: left, top, right and bottom from 0 to 1 of the picture, scores, and numbers of classes."""

    boxes: "Array"
    scores: "Array"
    classes: "Array"


class Place(NamedTuple):
    """Where a picture is in what a model was shown: its corner and its size, from 0 to 1."""

    left: float
    top: float
    width: float
    height: float


class Form(Protocol):
    """One kind of detector."""

    @property
    def side(self) -> int:
        """The length of both sides of what a model is shown that leaves it open."""

    @property
    def brightest(self) -> float:
        """What the brightest pixel is, where the model takes other numbers than bytes."""

    def show(self, picture: "Picture", width: int, height: int) -> "tuple[Picture, Place]":
        """Return the picture in the model's size, its channels last and red first, and where it is in it."""

    def candidates(self, outputs: "Mapping[str, Array]", width: int, height: int) -> Found:
        """Return what a model of this size found; boxes are in what it was shown.

        Raises:
            FormError: the outputs are of another form.
        """


@dataclass(frozen=True)
class Ssd:
    """Boxes (top, left, bottom, right from 0 to 1), scores, and classes where the scores are not by class.

    Pictures are stretched, and their pixels go from 0 to 255.
    """

    labels: int
    side: int = 300
    brightest: float = 255

    def show(self, picture: "Picture", width: int, height: int) -> "tuple[Picture, Place]":
        """Return the picture, stretched."""
        import cv2

        sized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        return cast("Picture", cv2.cvtColor(sized, cv2.COLOR_BGR2RGB)), Place(0, 0, 1, 1)

    def candidates(self, outputs: "Mapping[str, Array]", width: int, height: int) -> Found:
        """Return the boxes whose best class is sure enough.

        Raises:
            FormError: the outputs are of another form.
        """
        import numpy as np

        boxes, scores, *classes = (each[0] for each in self._in_order(outputs))
        if scores.ndim == 2:
            self._check_labels(scores.shape[1])
            numbers = scores.argmax(1)
            scores = scores[np.arange(len(scores)), numbers]
        else:
            numbers = classes[0].astype(np.int64)
        sure = scores >= LEAST
        return Found(boxes[sure][:, [1, 0, 3, 2]], scores[sure], numbers[sure])

    def _in_order(self, outputs: "Mapping[str, Array]") -> "list[Array]":
        """Return boxes and scores, and classes if there are any, found by their names or else taken in this order."""
        words = ("box", "score", "class")
        named = {word: [each for name, each in outputs.items() if word in name.lower()] for word in words}
        found = [each[0] for each in named.values() if each]
        arrays = found if named["box"] and named["score"] else list(outputs.values())
        if not _is_ssd([each.shape for each in arrays[:3]]):
            raise FormError(
                f"its outputs are {_shapes(outputs)}; the form `ssd` has boxes 1xNx4, and scores 1xNxCLASSES, "
                "or scores 1xN and classes 1xN: set vision.model_form to `yolo`, or take another model"
            )
        return arrays[:3]

    def _check_labels(self, classes: int) -> None:
        if classes != self.labels:
            raise FormError(
                f"it tells {classes} classes, and there are {self.labels} labels: "
                "vision.labels_file must have one line for each class"
            )


@dataclass(frozen=True)
class Yolo:
    """One output: 1x(4+CLASSES)xN as of YOLOv8, or 1xNx(5+CLASSES) as of YOLOv5; boxes by centre and size in pixels.

    Pictures keep their proportions and get grey borders, and their pixels go from 0 to 1.
    """

    labels: int
    side: int = 640
    brightest: float = 1

    def show(self, picture: "Picture", width: int, height: int) -> "tuple[Picture, Place]":
        """Return the picture between grey borders."""
        import cv2
        import numpy as np

        high, wide = picture.shape[:2]
        scale = min(width / wide, height / high)
        inner_width, inner_height = max(round(wide * scale), 1), max(round(high * scale), 1)
        left, top = (width - inner_width) // 2, (height - inner_height) // 2
        sized = cv2.resize(picture, (inner_width, inner_height), interpolation=cv2.INTER_LINEAR)
        shown = np.full((height, width, 3), 114, np.uint8)
        shown[top : top + inner_height, left : left + inner_width] = sized[:, :, ::-1]
        place = Place(left / width, top / height, inner_width / width, inner_height / height)
        return shown, place

    def candidates(self, outputs: "Mapping[str, Array]", width: int, height: int) -> Found:
        """Return the boxes whose best class is sure enough.

        Raises:
            FormError: the output is of another form.
        """
        import numpy as np

        boxes, scores = self._parts(next(iter(outputs.values())), _shapes(outputs))
        numbers = scores.argmax(1)
        best = scores[np.arange(len(scores)), numbers]
        sure = best >= LEAST
        centre, half = boxes[sure, :2], boxes[sure, 2:] / 2
        corners = np.concatenate([centre - half, centre + half], 1) / np.array([width, height] * 2, np.float32)
        return Found(corners, best[sure], numbers[sure])

    def _parts(self, output: "Array", shapes: str) -> "tuple[Array, Array]":
        if output.ndim == 3 and output.shape[1] == 4 + self.labels:
            rows = output[0].T
            return rows[:, :4], rows[:, 4:]
        if output.ndim == 3 and output.shape[2] == 5 + self.labels:
            rows = output[0]
            return rows[:, :4], rows[:, 4:5] * rows[:, 5:]
        raise FormError(
            f"its outputs are {shapes}; with {self.labels} labels the form `yolo` has 1x{4 + self.labels}xN or "
            f"1xNx{5 + self.labels}: vision.labels_file must have one line for each class, or set vision.model_form"
        )


FORMS: Mapping[str, type[Ssd] | type[Yolo]] = {"ssd": Ssd, "yolo": Yolo}


def distinct(found: Found) -> Found:
    """Return the candidates, the surest first, without those that are the same object as a surer one of their class."""
    import numpy as np

    order = np.argsort(-found.scores, kind="stable")[:MOST]
    boxes, classes = found.boxes[order], found.classes[order]
    # Each class gets a place of its own, so that boxes of different classes never overlap.
    apart = boxes + classes[:, None] * 4.0
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    left = np.arange(len(order))
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        sides = np.minimum(apart[best, 2:], apart[left, 2:]) - np.maximum(apart[best, :2], apart[left, :2])
        common = np.clip(sides, 0, None).prod(1)
        left = left[common <= SAME * (area[best] + area[left] - common)]
    return Found(boxes[kept], found.scores[order][kept], classes[kept])


def _is_ssd(shapes: Sequence[tuple[int, ...]]) -> bool:
    if len(shapes) < 2 or len(shapes[0]) != 3 or shapes[0][2] != 4 or shapes[1][:2] != shapes[0][:2]:
        return False
    return len(shapes[1]) == 3 or (len(shapes) == 3 and shapes[1] == shapes[2])


def _shapes(outputs: "Mapping[str, Array]") -> str:
    return ", ".join(f"{name} {'x'.join(map(str, each.shape))}" for name, each in outputs.items())
