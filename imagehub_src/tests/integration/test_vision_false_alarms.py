"""False alarms of the real detector: a camera that sees noise, and light that comes and goes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from happenings import NOON, SECOND, World, rule, world
from imagehub.librarian import catalog, settings
from imagehub.librarian.rules import watching
from imagehub.librarian.vision import tracking
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.detecting import detector
from imagehub.librarian.vision.looking.look import Look
from imagehub.librarian.vision.looking.thresholds import Thresholds
from imagehub.librarian.vision.seeing import Detector, ImageRow, Thing
from imagehub.librarian.vision.tracking import Votes
from pictures_of import vtest
from seen_things import Watched
from vision_models import installed_models

HOUR, STEP = 3600, 5  # seconds, and seconds from one image to the next: an event has several
ROUNDS = 8  # of the video, with an image each second
FRAMES_A_SECOND = 10
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def frames() -> list[Picture]:
    """Give a frame of each second of a video: people who come and go, and two cars that are parked."""
    video = cv2.VideoCapture(str(vtest()))
    found: list[Picture] = []
    for number in count():
        there, frame = video.read()
        if not there:
            return found
        if number % FRAMES_A_SECOND == 0:
            found.append(np.asarray(frame, np.uint8))
    raise AssertionError


@pytest.fixture(scope="module")
def empty(frames: list[Picture]) -> Picture:
    """Give the scene without anybody: what most frames show of each point."""
    return np.asarray(np.median(np.stack(frames), axis=0), np.uint8)


class Weather:
    """Noise of a sensor, and light: slow clouds, and a lamp that goes out for a minute of ten."""

    def __init__(self) -> None:
        random = np.random.default_rng(20261121)
        # Signed noise as two pictures, one to add and one to take away: quick, and another place each time.
        noise = random.normal(0, 6, (16, 640, 832, 3))
        self._more, self._less = (np.clip(part, 0, 255).astype(np.uint8) for part in (noise, -noise))
        self._random = random

    def over(self, picture: Picture, second: int) -> bytes:
        """Return the picture as a camera sees it, as JPEG."""
        high, wide = picture.shape[:2]
        top, left = int(self._random.integers(0, 640 - high)), int(self._random.integers(0, 832 - wide))
        which = int(self._random.integers(0, 16))
        part = (slice(top, top + high), slice(left, left + wide))
        lit = cv2.convertScaleAbs(picture, alpha=self._light(second))
        noisy = cv2.subtract(cv2.add(lit, self._more[which][part]), self._less[which][part])
        return jpeg(np.asarray(noisy, np.uint8))

    def _light(self, second: int) -> float:
        clouds = 1 + 0.25 * math.sin(second * 2 * math.pi / 240)
        return clouds * (0.5 if second % 600 >= 540 else 1.0)


def jpeg(picture: Picture) -> bytes:
    """Return a picture as JPEG."""
    _, written = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return written.tobytes()


@dataclass
class Guard:
    """A camera with a rule for each label, all of whose images are looked at as a worker does."""

    camera: Watched
    look: Look
    model: Detector
    threshold: Thresholds

    def watch(self, pictures: Iterator[bytes], step: int = 1) -> None:
        """Look at images that come each second, or each so many seconds."""
        before: list[bytes] = []
        for number, picture in enumerate(pictures):
            second = number * step
            self.see(self.camera.image(second), self.look.at(picture, before, tiles=False).things)
            before = [picture, *before[:1]]
            watching.follow(self.camera.world.engine, NOON + second * SECOND)

    def see(self, image: ImageRow, things: list[Thing]) -> None:
        """Record what an image shows."""
        votes = self.camera.votes
        with catalog.writing(self.camera.world.engine) as connection:
            tracking.record(connection, image, self.model.model, things, votes, self.threshold.least, False)

    def told(self, label: str) -> int:
        """Return how often the rule about a label fired."""
        return sum(row.title.startswith(f"{label}:") for row in self.camera.world.outbox())


@pytest.fixture(scope="module")
def models() -> Path:
    """Give the folder of the models."""
    return installed_models()


def guard(barn: World, models: Path, votes: int = 2, min_score: float = 0.5) -> Guard:
    """Return a guard with the settings that users begin with, unless these differ."""
    lines = f"  models_directory: {models}\n  votes: {votes}\n  min_score: {min_score}\n"
    chosen = settings.parse(f"librarian:\nvision:\n{lines}", barn.folder)
    for label in ("person", "car"):
        barn.add_rule(rule(label, trigger="object", label=label))
    watching.begin(barn.engine)
    model = detector.load(chosen)
    camera = Watched(barn, barn.camera(), Votes(chosen.vision.votes, chosen.vision.event_seconds * SECOND))
    return Guard(camera, Look(model, chosen.vision), model, Thresholds(chosen.vision, ""))


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog."""
    with world(tmp_path) as made:
        yield made


@pytest.mark.timeout(600)
def test_where_nobody_is_nobody_is_told_of(barn: World, models: Path, empty: Picture) -> None:
    """An hour of noise and light over an empty scene: no person, and each of the two parked cars once."""
    made = guard(barn, models)
    weather = Weather()
    made.watch((weather.over(empty, second) for second in range(0, HOUR, STEP)), STEP)
    assert made.told("person") == 0
    assert made.told("car") == 2


@pytest.mark.timeout(600)
def test_noise_makes_nobody_of_nothing(barn: World, models: Path, frames: list[Picture], tmp_path: Path) -> None:
    """The video again and again, with noise and light: who is told of is there in the clean picture too.

    Nor are more told of than the clean video has people in each of its rounds, though in a crowd that is seen once a
    second some are taken for others.
    """
    made = guard(barn, models)
    weather = Weather()
    seconds = range(ROUNDS * len(frames))
    made.watch(weather.over(frames[second % len(frames)], second) for second in seconds)
    real = [_persons(made.look.at(jpeg(frame), [], tiles=True).things) for frame in frames]
    with world(tmp_path / "clean") as clean:
        people = guard(clean, models)
        people.watch(jpeg(frame) for frame in frames)
    told = made.told("person")
    assert [box for box, second in made.camera.sure("person") if not _is_among(box, real[second % len(frames)])] == []
    assert 0 < told <= people.told("person") * ROUNDS
    assert made.told("car") <= 2


def test_a_rule_without_votes_and_with_a_low_threshold_raises_false_alarms(
    barn: World, models: Path, empty: Picture
) -> None:
    """The tests above can fail: this scene has what looks like something, once an image alone decides."""
    made = guard(barn, models, votes=1, min_score=0.2)
    weather = Weather()
    made.watch(weather.over(empty, second) for second in range(60))
    assert {track.label for track in made.camera.tracks()} - {"car"} != set()


def _persons(things: list[Thing]) -> list[Box]:
    return [thing.box for thing in things if thing.label == "person"]


def _is_among(box: Box, real: list[Box]) -> bool:
    return any(box.overlap(one) >= 0.4 for one in real)
