"""Files of a recording have as many frames as rows, whatever the disk does."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imagehub.colony.recording import files, names
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.files import Files
from imagehub.colony.recording.timestamps import Instant

BASE = "acq.cam.20260102_030405"
INSTANT = Instant(1, 2, 3)


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    """Give the paths of a recording's files."""
    return names.paths(tmp_path, BASE)


def test_a_frame_and_its_row_are_in_the_kernels_hands_at_once(paths: dict[str, Path]) -> None:
    """A process that is killed then loses neither."""
    made = Files(paths)
    made.append(INSTANT, b"packet")
    assert paths["video"].read_bytes() == b"packet"
    assert paths["frames"].read_bytes() == b"frame,sensor_ns,wall_ns\n1,2,3\n"
    made.close()


@contextmanager
def files_no_longer_than(length: int) -> Iterator[None]:
    """Let the kernel take no byte beyond this length of any file, but those before it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_frame_that_the_disk_did_not_take_whole_leaves_neither_part_nor_row(paths: dict[str, Path]) -> None:
    """The files end with the frame before, and go on with the next one."""
    made = Files(paths)
    made.append(INSTANT, b"p" * 100)
    with files_no_longer_than(103), pytest.raises(OSError, match="File too large"):
        made.append(Instant(2, 3, 4), b"q" * 100)
    assert paths["video"].read_bytes() == b"p" * 100
    assert paths["frames"].read_bytes() == b"frame,sensor_ns,wall_ns\n1,2,3\n"
    made.append(Instant(3, 4, 5), b"r")
    assert made.video_bytes == paths["video"].stat().st_size == 101
    made.close()


@pytest.mark.parametrize("kind", files.WRITTEN)
def test_no_file_that_is_there_is_touched(paths: dict[str, Path], kind: str) -> None:
    """And none of the others is left."""
    paths[kind].write_text("mine")
    with pytest.raises(RecordingError, match="File exists"):
        Files(paths)
    assert paths[kind].read_text() == "mine"
    assert list(paths[kind].parent.iterdir()) == [paths[kind]]


def test_others_see_whether_a_video_is_being_written(paths: dict[str, Path]) -> None:
    """Until it is closed."""
    made = Files(paths)
    assert files.is_being_written(paths["video"])
    made.close()
    assert not files.is_being_written(paths["video"])


def test_what_was_kept_free_goes_when_the_files_are_closed(paths: dict[str, Path]) -> None:
    """And is no name that a reader of sessions would find."""
    made = Files(paths)
    (reserve,) = [path for path in paths["video"].parent.iterdir() if path not in paths.values()]
    assert reserve.stat().st_blocks * 512 >= files.RESERVE_BYTES
    assert names.SIGNATURE not in reserve.name
    made.close()
    assert not reserve.exists()
