"""How a simulated camera's pictures look. Needs NumPy and OpenCV, which the extra `demo` brings."""

from datetime import UTC, datetime
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from imagehub.demo import walkers, yard
from imagehub.demo.scene import Passage
from imagehub.demo.yard import HEIGHT, HORIZON, WIDTH, Pixels

JPEG_QUALITY = 82
DAY_SECONDS = 600.0  # from one morning's sky to the next
CLOUD_PIXELS_A_SECOND = 6.0
SKY_ROWS = HORIZON + 40
GRAIN = 2.5
WALKING_LINE = 400
CLOUD = 245.0
BLACK, WHITE = (0, 0, 0), (255, 255, 255)

# From morning to evening: the sky at its top and above the horizon (blue, green, red each), and the light.
SKIES = (
    (215, 175, 140, 175, 200, 245, 0.86),
    (235, 180, 110, 245, 225, 195, 1.0),
    (225, 170, 115, 235, 215, 190, 0.97),
    (150, 105, 90, 110, 160, 240, 0.78),
)

Floats = npt.NDArray[np.float32]


class Painter:
    """Paints what one camera sees; `size` is width and height in pixels."""

    def __init__(self, seed: int, name: str, size: tuple[int, int]) -> None:
        self._seed = seed
        self._name = name
        self._size = size

    def paint(self, time: float, passage: Passage | None) -> bytes:
        """Return the picture at a time as a JPEG, with whoever passes."""
        weather = self._weather(time)
        picture: Pixels = np.asarray(cv2.convertScaleAbs(self._yard, alpha=float(weather[6])), np.uint8)
        cv2.copyTo(self._sky(time, weather[:3], weather[3:6]), self._open_sky, picture[:SKY_ROWS])
        if passage is not None:
            walkers.paint(picture, passage, time, WALKING_LINE)
        grain = np.roll(self._grain, int(time * 1000) % HEIGHT, axis=0)
        picture = np.asarray(cv2.resize(cv2.add(picture, grain, dtype=cv2.CV_8U), self._size), np.uint8)
        self._caption(picture, time)
        _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return jpeg.tobytes()

    @cached_property
    def _yard(self) -> Pixels:
        return yard.build(self._seed)

    @cached_property
    def _open_sky(self) -> Pixels:
        """255 where the yard leaves the sky free: it is black there."""
        return np.where(self._yard[:SKY_ROWS].any(axis=2), 0, 255).astype(np.uint8)

    @cached_property
    def _clouds(self) -> Floats:
        """How much cloud there is, from 0 to 1, on a band that goes round."""
        noise = np.random.default_rng(self._seed + 1).standard_normal((SKY_ROWS, WIDTH))
        blurred = cv2.GaussianBlur(np.tile(noise, 3), (0, 0), sigmaX=42, sigmaY=11)[:, WIDTH : 2 * WIDTH]
        cover = np.clip(blurred / blurred.std() * 0.45 - 0.1, 0, 0.85)
        return np.asarray(cover[:, :, np.newaxis], np.float32)

    @cached_property
    def _grain(self) -> npt.NDArray[np.int16]:
        noise = np.random.default_rng(self._seed + 2).normal(0, GRAIN, (HEIGHT, WIDTH, 1))
        return np.repeat(noise, 3, axis=2).astype(np.int16)

    def _weather(self, time: float) -> Floats:
        """Return one of SKIES, or what lies between two of them."""
        hour = (time / DAY_SECONDS + self._seed / 7) * len(SKIES)
        index, share = int(hour // 1), hour % 1
        now, later = SKIES[index % len(SKIES)], SKIES[(index + 1) % len(SKIES)]
        return np.array([a + (b - a) * share for a, b in zip(now, later, strict=True)], np.float32)

    def _sky(self, time: float, top: Floats, low: Floats) -> Pixels:
        down = np.linspace(0, 1, SKY_ROWS, dtype=np.float32)[:, np.newaxis, np.newaxis]
        clear = top + (low - top) * down
        clouds = np.roll(self._clouds, int(time * CLOUD_PIXELS_A_SECOND) % WIDTH, axis=1)
        sky: Floats = clear + (np.float32(CLOUD) - clear) * clouds
        return sky.astype(np.uint8)

    def _caption(self, picture: Pixels, time: float) -> None:
        stamp = datetime.fromtimestamp(time, UTC).isoformat(" ", "milliseconds").removesuffix("+00:00")
        scale = 0.5 * self._size[0] / WIDTH
        for text, row in ((self._name, 24), (stamp, HEIGHT - 14)):
            x, y = round(20 * scale), row * self._size[1] // HEIGHT
            # The letters' shadow keeps them apart from a bright sky.
            cv2.putText(picture, text, (x + 1, y + 1), cv2.FONT_HERSHEY_SIMPLEX, scale, BLACK, 1, cv2.LINE_AA)
            cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, WHITE, 1, cv2.LINE_AA)
