"""Pictures become H.264 one by one."""

from io import BytesIO

import av
import numpy as np
import pytest

from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.h264 import Encoder, preset
from imagehub.node.cameras import painted
from recordings import strip

SIZE = (320, 240)
FRAME_NS = 33_333_333


def encoded(frames: int, late_ns: int = 0) -> list[bytes]:
    """Return the packets of so many painted pictures, 30 a second, the second half so much later."""
    encoder = Encoder(SIZE, 30)
    return [
        encoder.encode(painted.paint(number, 0, SIZE), number * FRAME_NS + (late_ns if number >= frames // 2 else 0))
        for number in range(frames)
    ]


def keyframes(packets: list[bytes]) -> list[int]:
    """Return the numbers of the packets that begin with headers, as each keyframe does."""
    return [number for number, packet in enumerate(packets) if packet.startswith(b"\0\0\0\1\x67")]


def test_each_picture_is_one_packet_at_once() -> None:
    """Whatever was encoded can be played, without a picture that would come later."""
    packets = encoded(20)
    assert all(packets)
    with av.open(BytesIO(b"".join(packets)), "r", format="h264") as video:
        frames = list(video.decode(video=0))
    assert [strip(frame) for frame in frames] == [(n, 0) for n in range(20)]
    assert {frame.pict_type for frame in frames} == {av.video.frame.PictureType.I, av.video.frame.PictureType.P}


def test_there_is_a_keyframe_each_second_of_the_sensors_time() -> None:
    """Frames that are missing do not put it off."""
    assert keyframes(encoded(100)) == [0, 30, 60, 90]
    assert keyframes(encoded(40, late_ns=2_000_000_000)) == [0, 20]


def test_a_stream_can_be_entered_at_any_keyframe() -> None:
    """Its headers stand before it."""
    packets = encoded(40)
    with av.open(BytesIO(b"".join(packets[30:])), "r", format="h264") as video:
        assert strip(next(video.decode(video=0))) == (30, 0)


@pytest.mark.parametrize("size", [(321, 240), (320, 241), (8, 8), (0, 0)])
def test_a_resolution_that_h264_has_not_is_refused_before_the_recording(size: tuple[int, int]) -> None:
    """Colours have half the resolution, so both numbers must be even."""
    with pytest.raises(RecordingError, match=f"can't record {size[0]}x{size[1]} as H.264: both numbers must be even"):
        Encoder(size, 30)


def test_a_picture_of_another_size_is_refused() -> None:
    """A camera may change its mind, a stream may not."""
    encoder = Encoder(SIZE, 30)
    with pytest.raises(RecordingError, match="gave a picture of 160x120 within a recording of 320x240"):
        encoder.encode(np.zeros((120, 160, 3), np.uint8), 0)


def test_instants_that_stand_still_do_not_end_a_recording() -> None:
    """A camera may give the same frame twice."""
    encoder = Encoder(SIZE, 30)
    assert all(encoder.encode(painted.paint(0, 0, SIZE), 5) for _ in range(3))


def test_large_pictures_are_encoded_with_less_work() -> None:
    """A small machine has to keep up."""
    assert preset((640, 480), 30) == "veryfast"
    assert preset((1640, 1232), 40) == "ultrafast"
