"""What do the plates of the vehicles in a picture read? By PP-OCR, on this machine."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imagehub.errors import MissingExtraError
from imagehub.librarian.settings import Settings
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.detecting import runtime
from imagehub.librarian.vision.models import manifest
from imagehub.librarian.vision.plates.patterns import DIGITS, Patterns, gaps_of, normal
from imagehub.librarian.vision.plates.patterns import load as load_patterns
from imagehub.librarian.vision.seeing import Model, Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagehub.librarian.vision.seeing import Picture

    Corners = NDArray[np.float32]

# A vehicle is put on a canvas, wide or high, as text is looked for in it: what 100 ms on one thread are enough for.
# Of more sizes than these, and of lines of more lengths, the runtime would keep memory for each one that it met.
CANVASES, LINE = ((544, 320), (352, 448)), 240
# Plates are below the windows, and time goes with the area that is looked at.
TOP = 0.3
MARGIN, MOST_LINES, MOST_VEHICLES = 0.04, 6, 8
# What fits no pattern is less likely a plate, and what was mended is less sure than what was read.
NO_PATTERN, MENDED = 0.7, 0.5
LEAST_LINE = 0.5
SHORT, LONG = 4, 9


class Line(NamedTuple):
    """A line of text: what it says, how sure that is, and where, in pixels of the picture of its vehicle."""

    text: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


def load(settings: Settings) -> "PpOcr":
    """Return the reader of this machine.

    Raises:
        ImagehubError: its model is not installed, or a pattern is none.
        MissingExtraError: a package is missing.
    """
    folder, vision = settings.models_directory, settings.vision
    patterns = load_patterns(vision.plate_regions, vision.plate_patterns_file)
    found = manifest.one(folder, "pp-ocr")
    paths = [manifest.path_of(folder, found.name, name) for name in ("det.onnx", "rec.onnx")]
    model = Model(found.name, found.version, found.digest)
    try:
        return PpOcr(paths[0].parent, model, patterns, runtime.chosen(vision.runtime), vision.threads)
    except ImportError as error:
        raise MissingExtraError("reading plates", "vision") from error


class PpOcr:
    """Reads plates; see `PlateReader`. Nothing is fetched: both models are files."""

    def __init__(self, folder: Path, model: Model, patterns: Patterns, runtime: str, threads: int) -> None:
        self.model = model
        self._patterns = patterns
        self._ocr = _engine(folder / "det.onnx", folder / "rec.onnx", runtime, threads)

    def read(self, picture: "Picture", vehicles: Sequence[Box]) -> list[Reading]:
        """See `PlateReader.read`; of many vehicles the largest are looked at."""
        found: list[Reading] = []
        for vehicle in sorted(vehicles, key=lambda box: -box.area)[:MOST_VEHICLES]:
            for reading in self._vehicle(picture, vehicle):
                if not any(_same(reading, other) for other in found):
                    found.append(reading)
        return found

    def _vehicle(self, picture: "Picture", vehicle: Box) -> list[Reading]:
        left, top, right, bottom = _pixels(picture, vehicle)
        part = picture[top:bottom, left:right]
        if min(part.shape[:2]) < 16:
            return []
        high, wide = picture.shape[:2]
        place = Box(left / wide, top / high, (right - left) / wide, (bottom - top) / high)
        lines = self._lines(part)
        size = right - left, bottom - top
        return [_placed(reading, size, place) for reading in best(lines, self._patterns)]

    def _lines(self, part: "Picture") -> list[Line]:
        seen, scale = _seen(part)
        boxes = self._ocr(seen, use_det=True, use_cls=False, use_rec=False).boxes
        likely = sorted(() if boxes is None else boxes / scale, key=_unlikely)[:MOST_LINES]
        found: list[Line] = []
        for corners in likely:
            if _unlikely(corners) < 1:
                found += self._line(part, corners)
        return found

    def _line(self, part: "Picture", corners: "Corners") -> Iterator[Line]:
        read = self._ocr(_straight(part, corners), use_det=False, use_cls=False, use_rec=True)
        text, score = (read.txts or ("",))[0], (read.scores or (0.0,))[0]
        (left, top), (right, bottom) = corners.min(0), corners.max(0)
        if normal(text) and score >= LEAST_LINE:
            yield Line(text, float(score), float(left), float(top), float(right), float(bottom))


def _engine(detection: Path, recognition: Path, runtime: str, threads: int) -> Any:
    import logging

    from rapidocr import EngineType, RapidOCR

    engine = EngineType.OPENVINO if runtime == "openvino" else EngineType.ONNXRUNTIME
    # Both paths are given, so that it looks for no model of its own; and it says what it does at each start.
    ocr = RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.text_score": 0.0,
            "Global.use_preprocess_img": False,
            "Global.use_vertical_padding": False,
            "Det.engine_type": engine,
            "Det.model_path": str(detection),
            "Det.limit_type": "max",
            "Det.limit_side_len": max(map(max, CANVASES)),
            "Det.thresh": 0.2,
            "Det.box_thresh": 0.3,
            "Rec.engine_type": engine,
            "Rec.model_path": str(recognition),
            "Rec.rec_img_shape": [3, 48, LINE],
            # Without the arena the heap falls to pieces, and grows by hundreds of megabytes.
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "EngineConfig.openvino.inference_num_threads": threads,
        }
    )
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    return ocr


def _pixels(picture: "Picture", vehicle: Box) -> tuple[int, int, int, int]:
    high, wide = picture.shape[:2]
    aside, above = vehicle.width * MARGIN, vehicle.height * MARGIN
    return (
        max(0, int((vehicle.left - aside) * wide)),
        max(0, int((vehicle.top + vehicle.height * TOP) * high)),
        min(wide, round((vehicle.left + vehicle.width + aside) * wide)),
        min(high, round((vehicle.top + vehicle.height + above) * high)),
    )


def _seen(part: "Picture") -> tuple["Picture", float]:
    """Return a part of a picture on a canvas, and how many times as large as it was."""
    import cv2
    import numpy as np

    high, wide = part.shape[:2]
    scale, canvas = max((min(across / wide, down / high), (across, down)) for across, down in CANVASES)
    size = min(canvas[0], round(wide * scale)), min(canvas[1], round(high * scale))
    seen = np.full((canvas[1], canvas[0], 3), 114, np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    seen[: size[1], : size[0]] = cv2.resize(part, size, interpolation=how)
    return seen, scale


def _sides(corners: "Corners") -> tuple[float, float]:
    import numpy as np

    wide = max(np.linalg.norm(corners[0] - corners[1]), np.linalg.norm(corners[3] - corners[2]))
    high = max(np.linalg.norm(corners[0] - corners[3]), np.linalg.norm(corners[1] - corners[2]))
    return float(wide), float(high)


def _unlikely(corners: "Corners") -> float:
    """Return how far the form of a text is from a plate's; 1: it is none."""
    wide, high = _sides(corners)
    if high < 6 or not 1.0 <= wide / high <= 10:
        return 1.0
    return min(0.9, abs(wide / high - 3.5) / 8)


def _straight(part: "Picture", corners: "Corners") -> "Picture":
    """Return a line of text as if seen from the front."""
    import cv2
    import numpy as np

    wide, high = (max(1, round(side)) for side in _sides(corners))
    target = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    shape = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    seen = cv2.warpPerspective(part, shape, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def best(lines: Sequence[Line], patterns: Patterns) -> list[Reading]:
    """Return the plates that lines of text say, the surest first, each line in one of them; boxes are in pixels.

    Two lines one below the other may be one plate.
    """
    found: list[tuple[Reading, tuple[Line, ...]]] = [
        (reading, (line,)) for line in lines if (reading := _reading(line, patterns))
    ]
    for upper, lower in _stacked(lines):
        joined = _joined(upper, lower)
        if (reading := _reading(joined, patterns)) and reading.region:
            found.append((reading, (upper, lower)))
    used: set[Line] = set()
    chosen = []
    for reading, parts in sorted(found, key=lambda one: -one[0].score):
        if not used.intersection(parts):
            used.update(parts)
            chosen.append(reading)
    return chosen


def _reading(line: Line, patterns: Patterns) -> Reading | None:
    text = normal(line.text)
    box = Box(line.left, line.top, line.right - line.left, line.bottom - line.top)
    fit = patterns.fit(text, gaps_of(line.text))
    if fit is not None:
        return Reading(fit.text, fit.region, line.score * (1 - MENDED * fit.cost), box)
    if SHORT <= len(text) <= LONG and 0 < sum(one in DIGITS for one in text) < len(text):
        return Reading(text, "", line.score * NO_PATTERN, box)
    return None


def _stacked(lines: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    for upper, lower in pairwise(sorted(lines, key=lambda line: line.top)):
        high = min(upper.bottom - upper.top, lower.bottom - lower.top)
        common = min(upper.right, lower.right) - max(upper.left, lower.left)
        near = abs(lower.top - upper.bottom) < 0.6 * high
        if near and common > 0.5 * min(upper.right - upper.left, lower.right - lower.left):
            yield upper, lower


def _joined(upper: Line, lower: Line) -> Line:
    score = min(upper.score, lower.score)
    left, right = min(upper.left, lower.left), max(upper.right, lower.right)
    return Line(f"{upper.text} {lower.text}", score, left, upper.top, right, lower.bottom)


def _placed(reading: Reading, size: tuple[int, int], place: Box) -> Reading:
    wide, high = size
    box = reading.box
    part = Box(box.left / wide, box.top / high, box.width / wide, box.height / high)
    return reading._replace(box=part.within(place))


def _same(one: Reading, other: Reading) -> bool:
    """Tell whether two readings are of one plate, which two vehicles' boxes may hold."""
    return one.box.overlap(other.box) > 0.3
