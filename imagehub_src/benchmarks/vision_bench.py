"""`./run bench vision`: how much of what is in pictures is found, and how fast, in one run.

The pictures are the half `testing` of the labelled set (tests/labels.yaml): no setting was chosen by them.
docs/ref/performance.md says how to read the table.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

from bench import Row, print_table, say
from imagehub.librarian.settings import Settings, parse
from imagehub.librarian.vision.detecting import detector
from imagehub.librarian.vision.looking.decoding import decode
from imagehub.librarian.vision.looking.look import Look
from imagehub.librarian.vision.looking.thresholds import Thresholds
from labelled import LABELS, TESTING, Labelled, labelled
from scoring import Score
from vision_models import installed_models
from vision_pipeline import measure_pipeline
from vision_plates import measure_plates

ROUNDS = 60


RUNTIME = "onnxruntime"


def settings_of(models: Path) -> Settings:
    """Return the default settings, with models from this folder."""
    # OpenVINO may be there for the tests; a fresh installation has onnxruntime.
    vision = f"  models_directory: {models}\n  runtime: {RUNTIME}\n"
    return parse(f"librarian:\n  hub_directory: .\nvision:\n{vision}", models)


class Finding:
    """What is found at the default thresholds, in one way of looking."""

    def __init__(self, settings: Settings, *, crops: bool = False, tiles: bool = False) -> None:
        self._look = Look(detector.load(settings), settings.vision)
        self._thresholds = Thresholds(settings.vision, "")
        self._crops, self._tiles = crops, tiles

    def score(self, pictures: Iterable[Labelled], label: str) -> Score:
        """Return how many of this label were found."""
        counted = Score()
        for picture in pictures:
            before = picture.before() if self._crops else []
            things = self._look.at(picture.jpeg, before, self._tiles).things
            counted.add(picture, label, [each for each in things if each.score >= self._thresholds.least(each.label)])
        return counted


def measure_finding(settings: Settings, pictures: Sequence[Labelled]) -> list[Row]:
    """Count what is found of each label, as a camera without tiles is looked at."""
    as_set = Finding(settings, crops=True)
    rows = []
    for label in LABELS:
        seen = as_set.score(pictures, label)
        rows.append(Row(f"{label}: found of {seen.there}", 100 * seen.recall, "%", ""))
        rows.append(Row(f"{label}: right of {seen.right + seen.wrong} found", 100 * seen.precision, "%", ""))
    return rows


def measure_small(settings: Settings, pictures: Sequence[Labelled]) -> list[Row]:
    """Count small things that are found in whole pictures, and by looking closer."""
    whole, closer = Finding(settings), Finding(settings, crops=True)
    tiles, both = Finding(settings, tiles=True), Finding(settings, crops=True, tiles=True)
    road = [each for each in pictures if each.name == "road"]
    people = [each for each in pictures if each.name.startswith("vtest")]
    return [
        *_gain("cars on the road", whole.score(road, "car"), {"tiles": tiles.score(road, "car")}),
        *_gain(
            "people of vtest.avi",
            whole.score(people, "person"),
            {"crops": closer.score(people, "person"), "crops and tiles": both.score(people, "person")},
        ),
    ]


def _gain(name: str, whole: Score, closer: dict[str, Score]) -> list[Row]:
    rows = [Row(f"{name}, whole picture: found of {whole.there}", 100 * whole.recall, "%", "")]
    for how, seen in closer.items():
        found = Row(f"{name}, {how}", 100 * seen.recall, "%", "whole picture; goal 2", 100 * whole.recall)
        rows += [found, Row("  right of those found", 100 * seen.precision, "%", "")]
    return rows


def measure_speed(settings: Settings, pictures: Sequence[Labelled]) -> list[Row]:
    """Time looks at images of one camera, beside the model alone."""
    import cv2

    cv2.setNumThreads(1)
    frames = [each for each in pictures if each.name.startswith("vtest")]
    before = {each.name: each.before() for each in frames}
    finder = detector.load(settings)
    look = Look(finder, settings.vision)
    shown = finder._form.show(decode(frames[0].jpeg, settings.vision), finder._shape.width, finder._shape.height)[0]
    given = {finder._network.inputs[0].name: finder._laid_out(shown)}
    ways: dict[str, Callable[[Labelled], object]] = {
        "model": lambda _: finder._network.run(given),
        "whole": lambda one: look.at(one.jpeg, [], tiles=False),
        "crops": lambda one: look.at(one.jpeg, before[one.name], tiles=False),
        "tiles": lambda one: look.at(one.jpeg, [], tiles=True),
    }
    took = _times(ways, frames)
    return [
        Row("the model alone", took["model"], "ms CPU", ""),
        Row("an image of 768x576: decode and detect", took["whole"], "ms CPU", "the model alone", took["model"]),
        Row("", took["whole"], "ms CPU", "goal 20 ms", 20, at_most=True),
        Row("with 3 crops around what moved", took["crops"], "ms CPU", "the model alone", took["model"]),
        Row("with 6 tiles", took["tiles"], "ms CPU", "the model alone", took["model"]),
    ]


def _times(ways: dict[str, Callable[[Labelled], object]], frames: Sequence[Labelled]) -> dict[str, float]:
    """Return the milliseconds of a core that each way takes, the middle of many tries, in turns.

    It is the time of the processor and not of the clock: a look has one thread, and waits for nothing.
    """
    seen: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way(frames[number % len(frames)])
            seen[name].append((time.process_time() - began) * 1e3)
    return {name: median(times) for name, times in seen.items()}


def measure_memory(models: Path, folder: Path, pictures: Sequence[Labelled]) -> list[Row]:
    """Start a process that looks at these pictures as a worker does, and ask it for the most memory that it had."""
    for number, picture in enumerate(pictures):
        (folder / f"{number:03}.jpg").write_bytes(picture.jpeg)
    words = [sys.executable, str(Path(__file__).with_name("vision_worker.py")), str(models), str(folder), RUNTIME]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return [
        Row("memory of a process that looks, at most", float(done.stdout) / 1e6, "MB", "goal 300 MB", 300, at_most=True)
    ]


def main(words: Sequence[str]) -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="./run bench vision", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", type=Path, help="a folder of installed models (default: those of the tests)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(words)
    models = (args.models or installed_models()).resolve()
    settings = settings_of(models)
    say("pictures")
    pictures = list(labelled(TESTING))
    say("what is found")
    rows = measure_finding(settings, pictures) + measure_small(settings, pictures)
    say("speed and memory")
    rows += measure_speed(settings, pictures)
    with tempfile.TemporaryDirectory(prefix="imagehub-bench-") as folder:
        rows += measure_memory(models, Path(folder), pictures)
    say("plates")
    rows += measure_plates(models)
    say("from `OK` to a notification")
    rows += measure_pipeline()
    if args.json:
        print(json.dumps([vars(row) | {"ratio": row.ratio} for row in rows], indent=2))
    else:
        print_table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
