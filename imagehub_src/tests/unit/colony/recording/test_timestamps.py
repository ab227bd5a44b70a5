"""The rows of a recording's files."""

from pathlib import Path

import pytest

from imagehub.colony.recording import timestamps
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.timestamps import Instant

INSTANT = Instant(17, 51_020_184_187_439, 1_795_291_171_037_561_705)


def test_rows_of_pulses_are_in_microseconds_and_in_seconds_with_nine_decimals() -> None:
    """A float would lose the nanoseconds."""
    assert timestamps.ttl_out_row(INSTANT, 51_020_184_999_999) == b"51020184187,51020184999,1795291171.037561705\n"
    assert timestamps.ttl_out_row(INSTANT, None) == b"51020184187,,1795291171.037561705\n"
    assert timestamps.ttl_in_row(INSTANT.sensor_ns, INSTANT.wall_ns) == b"51020184187,1795291171.037561705\n"


def test_frames_are_read_as_they_were_written_but_for_a_row_that_was_cut_off(tmp_path: Path) -> None:
    """`12,345` may be what is left of `12,34567`."""
    path = tmp_path / "frames.csv"
    path.write_bytes(timestamps.FRAMES_HEADER + timestamps.frame_row(INSTANT) + b"18,510")
    assert list(timestamps.read_frames(path)) == [INSTANT]


def test_a_row_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    """The file is not read as if it were shorter."""
    path = tmp_path / "frames.csv"
    path.write_bytes(timestamps.FRAMES_HEADER + b"1,2,3\n1,2\n")
    with pytest.raises(RecordingError, match=r"frames\.csv:3: expected 'frame,sensor_ns,wall_ns', got b'1,2\\n'"):
        list(timestamps.read_frames(path))
    with pytest.raises(RecordingError, match="No such file"):
        list(timestamps.read_frames(tmp_path / "absent"))


@pytest.mark.parametrize(("rows", "left"), [(0, 0), (2, 2), (9, 3)])
def test_a_file_is_cut_to_so_many_whole_rows(tmp_path: Path, rows: int, left: int) -> None:
    """A torn last row goes in any case."""
    path = tmp_path / "frames.csv"
    path.write_bytes(timestamps.FRAMES_HEADER + b"1,1,1\n2,2,2\n3,3,3\n4,4")
    assert timestamps.cut(path, rows) == left
    assert path.read_bytes() == timestamps.FRAMES_HEADER + b"1,1,1\n2,2,2\n3,3,3\n"[: 6 * left]


def test_a_file_that_is_absent_has_no_rows(tmp_path: Path) -> None:
    """Cutting it makes none."""
    assert timestamps.cut(tmp_path / "absent", 3) == 0
    assert not (tmp_path / "absent").exists()
