"""What the file of an image shows."""

import io
import struct
import tracemalloc
import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from imagehub.librarian.settings import Vision, parse
from imagehub.librarian.vision.looking.decoding import LARGE, SMALL, decode, glance
from imagehub.librarian.vision.seeing import PictureError
from media import picture


@pytest.fixture
def settings(tmp_path: Path) -> Vision:
    """Give the default settings."""
    return parse("librarian:\n  hub_directory: hub\n", tmp_path).vision


def jpeg_of(image: Image.Image, **options: object) -> bytes:
    """Return an image as a JPEG file."""
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def checks(mode: str = "RGB", width: int = 64, height: int = 48) -> Image.Image:
    """Return an image whose upper left is light."""
    pixels = np.full((height, width), 40, np.uint8)
    pixels[: height // 2, : width // 3] = 220
    return Image.fromarray(pixels).convert(mode)


def test_a_picture_has_rows_columns_and_blue_green_and_red(settings: Vision) -> None:
    """It shows what OpenCV sees in the same file."""
    jpeg = picture(width=160, height=120)
    seen = decode(jpeg, settings)
    expected = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert expected is not None
    assert seen.shape == (120, 160, 3)
    assert np.abs(seen.astype(int) - expected).mean() < 1


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_all_colours_of_jpeg_are_read(settings: Vision, mode: str) -> None:
    """Grey and CMYK pictures come as blue, green and red too."""
    seen = decode(jpeg_of(checks(mode)), settings)
    assert seen.shape == (48, 64, 3)
    assert seen[10, 10].min() > 190
    assert seen[40, 50].max() < 80


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_browsers_do(settings: Vision, orientation: int) -> None:
    """Exif data say how the camera was held; boxes lie on the picture that people see."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg = jpeg_of(checks(), exif=exif, quality=95)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(jpeg))).convert("L"), int)
    assert np.abs(decode(jpeg, settings)[:, :, 1].astype(int) - expected).mean() < 3
    assert np.abs(glance(jpeg, settings).astype(int) - expected).mean() < 3


@pytest.mark.parametrize(
    "exif", [b"", b"II*\0", b"MM\0*\0\0\xff\xff", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_damaged_exif_data_turn_nothing(settings: Vision, exif: bytes) -> None:
    """The picture itself is whole."""
    assert decode(jpeg_of(checks(), exif=b"Exif\0\0" + exif), settings).shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("jpeg", "why"),
    [
        (b"", "empty"),
        (b"hello", "not a JPEG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a JPEG"),
        (picture()[:100], "header is cut off"),
        (b"\xff\xd8\xff\xd9", "header is cut off"),
        (picture()[: len(picture()) // 2], "a part of one"),
        (picture()[:-20] + bytes(20), "damaged"),
        (picture()[:800] + zlib.compress(picture()) * 3, "damaged"),
    ],
)
def test_what_can_not_be_shown_says_why(settings: Vision, jpeg: bytes, why: str) -> None:
    """A part of a picture would show things that are not there: it is no picture."""
    for look in (decode, glance):
        with pytest.raises(PictureError, match=why):
            look(jpeg, settings)


def test_no_damage_is_another_fault(settings: Vision) -> None:
    """Whatever bytes come, it is a picture or says why it is none."""
    random = np.random.default_rng(3)
    whole = np.frombuffer(picture(), np.uint8)
    for _ in range(400):
        damaged = whole.copy()
        for at in random.integers(2, len(damaged), random.integers(1, 6)):
            damaged[at] = random.integers(256)
        with suppress(PictureError):
            decode(damaged.tobytes()[: random.integers(2, 2 * len(damaged))], settings)


def test_a_picture_without_its_last_bytes_is_whole(settings: Vision) -> None:
    """Some cameras leave out the mark of the end."""
    assert np.array_equal(decode(picture()[:-2], settings), decode(picture(), settings))


def test_a_huge_picture_takes_no_memory(settings: Vision) -> None:
    """What a header claims is believed before a byte is taken for it."""
    height, width = 12_500, 16_000
    small = picture()
    at = small.index(b"\xff\xc0") + 5
    claimed = small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]
    tracemalloc.start()
    with pytest.raises(PictureError, match=r"200 megapixels: more than vision.max_megapixels \(50\)"):
        decode(claimed, settings)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_large_picture_comes_at_a_reduced_scale(settings: Vision) -> None:
    """A detector would shrink it anyway, and a worker's memory is limited."""
    jpeg = jpeg_of(Image.new("L", (8000, 4000)))
    height, width, _ = decode(jpeg, settings).shape
    assert (width, height) == pytest.approx((LARGE, LARGE / 2), rel=0.3)
    assert width >= LARGE


@pytest.mark.parametrize(("width", "height"), [(1280, 960), (1270, 953), (100, 60), (40, 2000)])
def test_a_glance_is_small_and_grey(settings: Vision, width: int, height: int) -> None:
    """All images of one size give pictures of one shape."""
    seen = glance(jpeg_of(checks("RGB", width, height)), settings)
    assert max(seen.shape) == min(SMALL, max(width, height))
    assert seen.shape == glance(jpeg_of(Image.new("L", (width, height))), settings).shape
