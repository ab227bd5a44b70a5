"""Raw arrays are stored as the JPEG that they show."""

import sys

import pytest

from imagehub import raw, wire
from imagehub.errors import RefusedError
from imagehub.wire import ImageMessage
from requirements_here import require

try:
    import cv2
    import numpy as np

    installed = True
except ImportError:
    installed = False


@pytest.fixture
def _extra() -> None:
    require(installed, "the extra raw: NumPy and OpenCV")


def message(body: bytes, *shape: int) -> ImageMessage:
    """Return an image as `send_image` sends it."""
    return ImageMessage(wire.camera("Barn P1"), "image", "Barn P1|image|", body, shape, "an-id")


@pytest.mark.usefixtures("_extra")
@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4)])
def test_every_shape_that_is_accepted_becomes_a_jpeg(shape: tuple[int, ...]) -> None:
    """Grey, BGR and BGRA arrays of rows x columns become a picture of that size."""
    made = raw.to_jpeg(message(bytes(np.prod(shape)), *shape), 95)
    assert bytes(made.body[:2]) == wire.JPEG_START
    decoded = cv2.imdecode(np.frombuffer(made.body, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (4, 6, 3)


@pytest.mark.usefixtures("_extra")
def test_colours_are_blue_green_red() -> None:
    """A blue array gives a blue picture."""
    made = raw.to_jpeg(message(bytes([255, 0, 0]) * 64, 8, 8, 3), 95)
    decoded = cv2.imdecode(np.frombuffer(made.body, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    blue, green, red = decoded[4, 4]
    assert blue > 240
    assert green < 15
    assert red < 15


@pytest.mark.usefixtures("_extra")
def test_all_but_the_picture_stays() -> None:
    """Camera, type, text and id are the sender's; the shape is gone, as for a JPEG."""
    before = message(bytes(12), 2, 2, 3)
    after = raw.to_jpeg(before, 95)
    assert (after.camera, after.type, after.text, after.id) == (before.camera, before.type, before.text, before.id)
    assert after.shape is None


@pytest.mark.usefixtures("_extra")
def test_the_quality_is_the_one_that_was_set() -> None:
    """A lower quality takes fewer bytes."""
    noise = np.random.default_rng(1).integers(0, 256, 64 * 64 * 3, dtype=np.uint8).tobytes()
    sizes = [len(raw.to_jpeg(message(noise, 64, 64, 3), quality).body) for quality in (20, 95)]
    assert sizes[0] < sizes[1]


@pytest.mark.usefixtures("_extra")
def test_an_array_in_shared_memory_is_taken() -> None:
    """The array may be a view of the memory in which it arrived."""
    made = raw.to_jpeg(message(memoryview(bytes(20))[8:], 2, 2, 3), 95)  # type: ignore[arg-type]
    assert bytes(made.body[:2]) == wire.JPEG_START


@pytest.mark.usefixtures("_extra")
@pytest.mark.parametrize("shape", [(70_000, 1), (1, 70_000), (2, 2, 2)])
def test_an_array_that_is_no_jpeg_is_refused(shape: tuple[int, ...]) -> None:
    """What OpenCV can't encode is refused with a reason, and ends nothing."""
    with pytest.raises(RefusedError, match="can't be encoded as JPEG"):
        raw.to_jpeg(message(bytes(np.prod(shape)), *shape), 95)


def test_a_hub_without_the_extra_says_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal tells what to install."""
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(RefusedError) as caught:
        raw.to_jpeg(message(bytes(12), 2, 2, 3), 95)
    assert str(caught.value) == "the hub storing raw arrays needs an optional part: pip install 'imagehub[raw]'"
