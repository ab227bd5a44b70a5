"""The strip tells number and instant after all that is done to pictures, and nothing where it is damaged."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagehub.node.cameras import painted

INSTANT = 1_773_480_386_589_793_238
SIZES = [(160, 120), (320, 240), (334, 250), (640, 480), (1280, 720)]


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), st.sampled_from(SIZES))
@settings(deadline=None, max_examples=50)
def test_what_was_drawn_is_read(number: int, instant: int, size: tuple[int, int]) -> None:
    """For every number, instant and size."""
    assert painted.read_strip(painted.paint(number, instant, size)) == (number, instant)


@pytest.mark.parametrize("size", SIZES)
def test_the_strip_survives_jpeg(size: tuple[int, int]) -> None:
    """Even at quality 30."""
    _, jpeg = cv2.imencode(".jpg", painted.paint(77, INSTANT, size), [cv2.IMWRITE_JPEG_QUALITY, 30])
    pixels = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert pixels is not None
    assert painted.read_strip(np.asarray(pixels, np.uint8)) == (77, INSTANT)


@pytest.mark.parametrize("size", [(160, 120), (334, 250), (640, 480)])
def test_the_strip_survives_h264(size: tuple[int, int]) -> None:
    """Each of 40 frames at a constant rate factor of 35 is read, in order."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"crf": "35", "preset": "ultrafast"}
    decoder = av.CodecContext.create("h264", "r")
    packets = []
    for number in range(40):
        frame = av.VideoFrame.from_ndarray(painted.paint(number, INSTANT + number, size), format="bgr24")
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    seen = [painted.read_strip(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)) for frame in frames]
    assert seen == [(number, INSTANT + number) for number in range(40)]


def test_the_strip_survives_another_size_of_the_picture() -> None:
    """A picture of 640x480 is read at 320x240 and 512x384."""
    picture = painted.paint(5, INSTANT, (640, 480))
    for size in ((320, 240), (512, 384)):
        smaller = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        assert painted.read_strip(smaller) == (5, INSTANT)


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_picture_without_a_strip_gives_none(level: int) -> None:
    """Black and white ones too."""
    assert painted.read_strip(np.full((240, 320, 3), level, np.uint8)) is None


@pytest.mark.parametrize("cell", range(0, painted.COLUMNS * painted.ROWS, 7))
def test_one_wrong_cell_gives_none_and_no_wrong_number(cell: int) -> None:
    """The check sees each cell that turned over."""
    picture = painted.paint(12345, INSTANT, (320, 240))
    row, column = divmod(cell, painted.COLUMNS)
    picture[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] ^= 255
    assert painted.read_strip(picture) is None


def test_things_move_from_frame_to_frame() -> None:
    """Without the strip, too; without things the scene stands still."""
    assert not np.array_equal(painted.scene(1, (320, 240)), painted.scene(2, (320, 240)))
    assert np.array_equal(painted.scene(1, (320, 240), objects=0), painted.scene(2, (320, 240), objects=0))


def test_the_seed_makes_the_scene() -> None:
    """The same one again, or another."""
    assert np.array_equal(painted.paint(1, 2, (160, 120), seed=3), painted.paint(1, 2, (160, 120), seed=3))
    assert not np.array_equal(painted.scene(1, (160, 120), seed=3), painted.scene(1, (160, 120), seed=4))
