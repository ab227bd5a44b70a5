"""An MP4 has the frames of a stream at their true instants."""

from pathlib import Path

import pytest

from imagehub.colony.recording import mp4
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.h264 import Encoder
from imagehub.colony.recording.timestamps import Instant
from imagehub.node.cameras import painted
from recordings import painted_in, times_in

SENSOR_NS = [5_000_000_000 + ns for ns in (0, 33_000_000, 66_000_123, 300_000_000, 333_000_000)]
INSTANTS = [Instant(number, ns, 0) for number, ns in enumerate(SENSOR_NS)]


@pytest.fixture
def h264(tmp_path: Path) -> Path:
    """Write an H.264 stream of five pictures."""
    encoder = Encoder((320, 240), 30)
    path = tmp_path / "a.h264"
    path.write_bytes(
        b"".join(encoder.encode(painted.paint(each.number, 0, (320, 240)), each.sensor_ns) for each in INSTANTS)
    )
    return path


def test_each_frame_is_shown_when_it_was_taken(tmp_path: Path, h264: Path) -> None:
    """To the microsecond, with a gap where there was one; the pictures are those of the stream."""
    assert mp4.remux(h264, tmp_path / "a.mp4", INSTANTS) == 5
    assert times_in(tmp_path / "a.mp4") == [0, 33_000, 66_000, 300_000, 333_000]
    assert painted_in(tmp_path / "a.mp4") == painted_in(h264) == [(number, 0) for number in range(5)]


def test_the_index_comes_first(tmp_path: Path, h264: Path) -> None:
    """The file plays while it is fetched."""
    mp4.remux(h264, tmp_path / "a.mp4", INSTANTS)
    content = (tmp_path / "a.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_frames_without_an_instant_and_instants_without_a_frame_are_left_out(tmp_path: Path, h264: Path) -> None:
    """What a crash cut off on either side."""
    assert mp4.remux(h264, tmp_path / "a.mp4", INSTANTS[:3]) == 3
    assert mp4.remux(h264, tmp_path / "b.mp4", [*INSTANTS, Instant(5, SENSOR_NS[-1] + 9_000, 0)]) == 5


def test_instants_that_stand_still_are_shown_one_after_the_other(tmp_path: Path, h264: Path) -> None:
    """MP4 has no two frames at once."""
    mp4.remux(h264, tmp_path / "a.mp4", [Instant(0, 7, 0)] * 5)
    assert times_in(tmp_path / "a.mp4") == [0, 1, 2, 3, 4]


def test_an_mp4_that_is_there_is_left_alone(tmp_path: Path, h264: Path) -> None:
    """Nothing is overwritten."""
    (tmp_path / "a.mp4").write_text("mine")
    with pytest.raises(RecordingError, match="is there already"):
        mp4.remux(h264, tmp_path / "a.mp4", INSTANTS)
    assert (tmp_path / "a.mp4").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_a_stream_without_a_frame_makes_no_mp4_and_leaves_nothing_behind(tmp_path: Path, content: bytes) -> None:
    """The words name the stream."""
    (tmp_path / "a.h264").write_bytes(content)
    with pytest.raises(RecordingError, match=r"a\.h264"):
        mp4.remux(tmp_path / "a.h264", tmp_path / "a.mp4", INSTANTS)
    assert [path.name for path in tmp_path.iterdir()] == ["a.h264"]
