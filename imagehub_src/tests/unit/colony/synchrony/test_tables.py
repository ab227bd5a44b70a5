"""The tables of a recording: whatever is in them, reading ends in rows and sentences."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imagehub.colony.synchrony import tables
from recorded import instants, write_frames, write_ttl_out


def written(folder: Path, content: bytes) -> Path:
    """Write a file."""
    path = folder / "t.csv"
    path.write_bytes(content)
    return path


def test_a_whole_table_has_no_findings(tmp_path: Path) -> None:
    """Numbers and instants as they were written, to the nanosecond."""
    frames = instants(5)
    read = tables.frames(write_frames(tmp_path / "frames.csv", frames))
    assert (read.number.tolist(), read.wall_ns.tolist()) == ([n for n, _ in frames], [wall for _, wall in frames])
    assert read.findings == ()


@given(cut=st.integers(1, 60))
def test_a_torn_table_keeps_its_whole_rows_and_says_so(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """Wherever the end is cut off: no number is believed that may have lost digits."""
    path = write_frames(tmp_path_factory.mktemp("torn") / "frames.csv", instants(6))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    read = tables.frames(path)
    assert read.wall_ns.tolist() == [wall for _, wall in instants(6)][: len(read.wall_ns)]
    ends_whole = whole[:-cut].endswith(b"\n")
    assert len(read.findings) == (0 if ends_whole else 1)


@given(content=st.binary(max_size=200))
@example(b"frame,sensor_ns,wall_ns\n")
@example(b"timestamp_frame,timestamp_ttl,sys_time\n")
@example(b"timestamp_frame,sys_time\n")
def test_no_content_is_an_exception(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Any bytes at all give findings, unless they are a table of that kind, be it one without rows."""
    path = written(tmp_path_factory.mktemp("any"), content)
    titled = content.strip().startswith
    assert tables.frames(path).findings or titled(b"frame,sensor_ns,wall_ns")
    assert tables.pulses_out(path).findings or titled(b"timestamp_frame,timestamp_ttl,sys_time")
    assert tables.pulses_in(path)[1] or titled(b"timestamp_frame,sys_time")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"frame,sensor_ns,wall_ns", "is empty"),
        (b"frame,sensor_ns,wall_ns\n1,2,3\n\0\0\0\0\n2,3,4\n", "1 row can't be read, the first of them row 1"),
        (b"frame,sensor_ns,wall_ns\n1,2\n", "the first of them row 0"),
        (b"frame,sensor_ns,wall_ns\n1,2,99999999999999999999999\n", "the first of them row 0"),
        (b"frame,sensor_ns,wall_ns\n1,2,3\n2,3", "ends in half a line, after 1 row"),
        (b"a,b,c\n1,2,3\n", "does not begin with 'frame,sensor_ns,wall_ns'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, words: str) -> None:
    """Each fault has its sentence, with the row."""
    (finding,) = tables.frames(written(tmp_path, content)).findings
    assert words in finding


def test_a_missing_table_is_a_finding(tmp_path: Path) -> None:
    """The file's name and the system's reason."""
    (finding,) = tables.frames(tmp_path / "gone.csv").findings
    assert finding == "gone.csv can't be read: No such file or directory"


def test_pulses_are_counted_and_the_first_missing_one_is_named(tmp_path: Path) -> None:
    """Rows with an empty timestamp_ttl had no pulse."""
    path = write_ttl_out(tmp_path / "ttl.csv", [wall for _, wall in instants(10)], without=[4, 7])
    read = tables.pulses_out(path)
    assert (read.rows, read.pulses, read.first_without, read.findings) == (10, 8, 4, ())


def test_incoming_pulses_are_counted(tmp_path: Path) -> None:
    """A row is a pulse."""
    path = written(tmp_path, b"timestamp_frame,sys_time\n33333,1790000000.123456789\n,1790000001.000000000\n")
    assert tables.pulses_in(path) == (2, ())
