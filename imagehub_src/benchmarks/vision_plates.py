"""How well and how fast are plates read? On drawn plates of five regions, and on each real photo that we have."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from bench import Row, print_table
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.models import manifest
from imagehub.librarian.vision.plates.patterns import load
from imagehub.librarian.vision.plates.reading import PpOcr
from imagehub.librarian.vision.seeing import Model, PlateReader
from pictures_of import fonts, picture
from plate_pictures import MEASURING, STYLES, Drawn, drawn
from vision_models import installed_models

if TYPE_CHECKING:
    from imagehub.librarian.vision.seeing import Picture

COUNT, LEAST_EXACT, MOST_MS = 500, 95.0, 100.0
# Real photos with a plate that people can read: its text, and the box of its vehicle.
PHOTOS = {"plate-car": ("5AU5341", Box(0.09, 0.13, 0.79, 0.70))}


@dataclass(frozen=True)
class Result:
    """What became of drawn plates: how many are exact of how many, by region, and milliseconds of each."""

    exact: Counter[str]
    told: Counter[str]
    all: Counter[str]
    ms: list[float]

    @property
    def share(self) -> float:
        """How many are exact, from 0 to 1."""
        return self.exact.total() / self.all.total()


def local_reader(folder: Path, regions: tuple[str, ...] = (), runtime: str = "onnxruntime") -> PpOcr:
    """Return a reader with one thread, from the folder of installed models."""
    found = manifest.one(folder, "pp-ocr")
    model = Model(found.name, found.version, found.digest)
    return PpOcr(folder / found.name, model, load(regions, None), runtime, threads=1)


def measured(reader: PlateReader, plates: Iterable[Drawn], clock: Callable[[], float] = time.process_time) -> Result:
    """Read drawn plates; a plate is exact if the surest reading is its whole text."""
    cv2.setNumThreads(1)
    result = Result(Counter(), Counter(), Counter(), [])
    for plate in plates:
        began = clock()
        found = reader.read(plate.picture, [plate.vehicle])
        result.ms.append((clock() - began) * 1000)
        exact = bool(found) and found[0].text == plate.text
        result.all[plate.region] += 1
        result.exact[plate.region] += exact
        result.told[plate.region] += exact and found[0].region == plate.region
    return result


def photo(name: str) -> "Picture":
    """Return a real photo."""
    return np.asarray(cv2.imread(str(picture(name)), cv2.IMREAD_COLOR), np.uint8)


def measure_plates(folder: Path | None = None) -> list[Row]:
    """Return the lines about plates of the table that the bench prints."""
    folder = folder or installed_models()
    regions = tuple(STYLES)
    rows: list[Row] = []
    for name, expected in (("all regions", ()), ("the five regions expected", regions)):
        reader = local_reader(folder, expected)
        result = measured(reader, drawn(MEASURING, COUNT, fonts()))
        rows += _rows(name, result)
    rows += _photos(reader)
    return rows


def _rows(name: str, result: Result) -> Iterator[Row]:
    yield Row(f"plates exact of {result.all.total()}, {name}", 100 * result.share, "%", "goal", LEAST_EXACT)
    for region, count in result.all.items():
        yield Row(f"  of {count} {region}", 100 * result.exact[region] / count, "%", "")
        yield Row("  with their region told", 100 * result.told[region] / count, "%", "")
    yield Row("plates, CPU of one thread", statistics.median(result.ms), "ms a vehicle", "goal", MOST_MS, at_most=True)
    yield Row("  slowest of twenty", statistics.quantiles(result.ms, n=20)[-1], "ms a vehicle", "")


def _photos(reader: PlateReader) -> Iterator[Row]:
    """Real photos with a plate that people can read: as yet there is one."""
    exact = [text in {found.text for found in reader.read(photo(name), [box])} for name, (text, box) in PHOTOS.items()]
    yield Row(f"plates of {len(exact)} real photos exact", 100 * sum(exact) / len(exact), "%", "goal", 100.0)


if __name__ == "__main__":
    print_table(measure_plates())
