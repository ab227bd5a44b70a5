"""A camera whose scene is painted, with exact instants and with the faults that it is told to have."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from imagehub.node.cameras import painted
from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.cameras.pace import Instant, Pace
from imagehub.node.cameras.shaping import flipped
from imagehub.node.cameras.times import REAL, Clock

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a synthetic camera does; its numbers count frames from 0 at each `open`.

    `seed` and `objects` make the scene. Frames in `drop` never arrive; those in `double` arrive twice, with the same
    number and instant. After `fail_after` frames the camera is lost; from frame `black_after` on pictures are black,
    from `freeze_after` on they all are that frame's.
    """

    seed: int = 0
    objects: int = 3
    drop: frozenset[int] = frozenset()
    double: frozenset[int] = frozenset()
    fail_after: int | None = None
    black_after: int | None = None
    freeze_after: int | None = None


def scenario(text: str) -> Scenario:
    """Return the scenario of a text such as `seed=3,drop=17+18`; none of it is the default.

    Raises:
        CameraError: a word is no setting, or has no number.
    """
    values: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        values[_known(key.strip())] = _value(key.strip(), value)
    return Scenario(**values)


def _known(key: str) -> str:
    names = [field.name for field in fields(Scenario)]
    if key not in names:
        raise CameraError(f"synthetic camera: {key!r} is no setting of it; there are {', '.join(names)}")
    return key


def _value(key: str, value: str) -> "int | frozenset[int]":
    words = value.split("+") if key in ("drop", "double") else [value]
    if not all(word.strip().isdecimal() for word in words):
        raise CameraError(f"synthetic camera: {key}={value!r} is no number of a frame, such as {key}=17")
    numbers = [int(word) for word in words]
    return frozenset(numbers) if key in ("drop", "double") else numbers[0]


class SyntheticCamera:
    """Paints its frames: number k at the first frame's instant + k / framerate, exactly."""

    live = True
    punctual = True  # its first frame is taken at the instant that `open` is given

    def __init__(self, scenario: Scenario = Scenario(), name: str = "synthetic", clock: Clock = REAL) -> None:
        self.name = name
        self._scenario = scenario
        self._clock = clock
        self._mode = Mode()
        self._pace: Pace | None = None
        self._again: Frame | None = None

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`."""
        if any(have < least for have, least in zip(mode.resolution, painted.SMALLEST, strict=True)):
            raise CameraError(f"{self.name}: a synthetic camera has no less than 160x120 pixels, not {mode.resolution}")
        self._mode = mode
        self._again = None
        self._pace = Pace(mode.framerate, first_frame_ns, self._clock)

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`."""
        if self._again is not None:
            frame, self._again = self._again, None
            return frame
        instant = self._due(timeout_seconds)
        if instant is None:
            return None
        frame = Frame(self._picture(instant), instant.number, instant.sensor_ns, instant.wall_ns)
        if instant.number in self._scenario.double:
            self._again = frame
        return frame

    def close(self) -> None:
        """See `Camera.close`."""
        self._pace = self._again = None

    def _due(self, timeout_seconds: float) -> Instant | None:
        if self._pace is None:
            raise CameraError(f"{self.name} is not open")
        end = self._clock.monotonic_ns() / 1e9 + timeout_seconds
        while True:
            instant = self._pace.next(max(0.0, end - self._clock.monotonic_ns() / 1e9))
            if instant is None:
                return None
            if _reached(instant.number, self._scenario.fail_after):
                raise CameraLostError(f"{self.name}: lost after {self._scenario.fail_after} frames, as it was told")
            if instant.number not in self._scenario.drop:
                return instant

    def _picture(self, instant: Instant) -> "Pixels":
        told, mode = self._scenario, self._mode
        if _reached(instant.number, told.black_after):
            return np.zeros((mode.resolution[1], mode.resolution[0], 3), np.uint8)
        number, wall_ns = instant.number, instant.wall_ns
        if told.freeze_after is not None and number > told.freeze_after:
            wall_ns -= round((number - told.freeze_after) * 1e9 / mode.framerate)
            number = told.freeze_after
        pixels = flipped(painted.scene(number, mode.resolution, told.seed, told.objects), mode)
        painted.draw_strip(pixels, number, wall_ns)
        return pixels


def _reached(number: int, limit: int | None) -> bool:
    return limit is not None and number >= limit
