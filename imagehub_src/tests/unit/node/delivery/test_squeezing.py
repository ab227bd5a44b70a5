"""Pictures through a narrow line, simulated with the sizes of real JPEGs."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from imagehub.node import jpeg
from imagehub.node.delivery.squeezing import Squeeze
from imagehub.testing import FakeClock

FRAMERATE = 8
BUSY, CALM = 1, 12  # how coarse the pattern of a picture is


@cache
def size_of(pattern: int, quality: int, scale: float) -> int:
    """Return the bytes of a picture of 640 x 480: a pattern of so coarse a grain, which JPEG has to keep."""
    grain = np.random.default_rng(7).integers(0, 255, (480 // pattern, 640 // pattern, 3), dtype=np.uint8)
    pixels = (grain // 4 + 90).repeat(pattern, 0).repeat(pattern, 1).astype(np.uint8)
    return len(jpeg.encode(pixels, quality, scale))


class Camera:
    """A camera that sends so many pictures a second through a squeeze."""

    def __init__(self, bytes_per_second: float) -> None:
        self.clock = FakeClock()
        self.squeeze = Squeeze(bytes_per_second, 95, self.clock.monotonic)
        self.used: list[tuple[int, float]] = []

    def send(self, pattern: int, seconds: float, framerate: int = FRAMERATE) -> list[float]:
        """Send for so long; return the bytes of each second."""
        seconds_bytes = []
        for _ in range(int(seconds)):
            total = 0
            for _ in range(framerate):
                quality, scale = self.squeeze.settings_now()
                self.used.append((quality, scale))
                size = size_of(pattern, quality, scale)
                self.squeeze.sent(size, self.clock.monotonic())
                self.clock.pass_(1 / framerate)
                total += size
            seconds_bytes.append(float(total))
        return seconds_bytes


def test_with_room_for_all_pictures_nothing_is_squeezed() -> None:
    """The quality of the settings is used, at full size."""
    camera = Camera(1e9)
    camera.send(BUSY, 10)
    assert set(camera.used) == {(95, 1.0)}


@pytest.mark.parametrize("pattern", [BUSY, CALM])
@pytest.mark.parametrize("share", [0.6, 0.3, 0.1])
def test_the_bytes_stay_within_the_bandwidth_and_use_it(pattern: int, share: float) -> None:
    """After the first seconds, over any ten; and what there is is used rather than wasted."""
    limit = share * FRAMERATE * size_of(pattern, 95, 1.0)
    camera = Camera(limit)
    camera.send(pattern, 5)
    rates = camera.send(pattern, 60)
    tens = [sum(rates[at : at + 10]) / 10 for at in range(50)]
    assert max(tens) <= limit
    assert min(tens) >= 0.35 * limit


def test_quality_goes_before_size() -> None:
    """A picture is made smaller only when a poor one is too large still."""
    camera = Camera(0.05 * FRAMERATE * size_of(BUSY, 95, 1.0))
    camera.send(BUSY, 20)
    assert all(quality == 40 for quality, scale in camera.used if scale < 1.0)
    assert camera.used[-1][1] < 1.0


def test_a_sudden_storm_is_squeezed_within_seconds_and_forgotten_afterwards() -> None:
    """Wind in the trees makes pictures large: quality goes down at once, and comes back when it is calm."""
    limit = 1.5 * FRAMERATE * size_of(CALM, 95, 1.0)
    camera = Camera(limit)
    camera.send(CALM, 10)
    assert camera.used[-1] == (95, 1.0)
    storm = camera.send(BUSY, 20)
    assert sum(storm[:5]) / 5 < 1.5 * limit
    assert sum(storm[5:]) / 15 <= limit
    camera.send(CALM, 60)
    assert camera.used[-1] == (95, 1.0)


def test_steps_don_t_go_to_and_fro() -> None:
    """With a steady picture the settings come to rest."""
    camera = Camera(0.5 * FRAMERATE * size_of(BUSY, 95, 1.0))
    camera.send(BUSY, 60)
    latest = camera.used[-30 * FRAMERATE :]
    assert sum(before != after for before, after in pairwise(latest)) <= 2
