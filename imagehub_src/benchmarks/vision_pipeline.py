"""How long a picture takes from the hub's `OK` until somebody is told."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import Row
from front_doors import front_door
from media import picture as nobody
from pictures_of import picture
from vision_models import installed_models

ROUNDS = 3
IMAGES = 20
GOAL_SECONDS = 3.0


def measure_pipeline() -> list[Row]:
    """Let somebody come to the front door of fresh installations, at five images a second."""
    somebody, empty = picture("person").read_bytes(), nobody(width=640, height=424)
    took = [_once(installed_models(), somebody, empty) for _ in range(ROUNDS)]
    against = "goal: from the first `OK` that shows a person, at 5 images/s and 2 votes"
    return [Row("pipeline: OK to notification", median(took), "s", against, GOAL_SECONDS, at_most=True)]


def _once(models: Path, somebody: bytes, empty: bytes) -> float:
    with TemporaryDirectory() as folder, front_door(Path(folder), models, empty) as door:
        door.sees([empty] * 5)
        first = len(door.sent)
        door.sees([somebody] * IMAGES)
        door.wait_told()
        if door.told is None:
            return float("inf")
        return door.told - door.sent[first]
