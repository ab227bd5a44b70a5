"""Frames of a video are counted by its packets, in real streams and files."""

from pathlib import Path

import pytest

from imagehub.colony.synchrony import video
from recorded import write_video


@pytest.mark.parametrize("name", ["v.video.h264", "v.video.h264.mp4"])
@pytest.mark.parametrize("count", [1, 2, 47])
def test_packets_are_counted(tmp_path: Path, name: str, count: int) -> None:
    """A packet is a frame, in a bare stream and in MP4."""
    assert video.packets(write_video(tmp_path / name, count)) == (count, "")


@pytest.mark.parametrize("name", ["v.video.h264", "v.video.h264.mp4"])
def test_what_can_not_be_read_is_said(tmp_path: Path, name: str) -> None:
    """A missing, an empty and a senseless file are sentences, not exceptions."""
    path = tmp_path / name
    assert video.packets(path) == (None, f"{name} can't be read: No such file or directory")
    path.touch()
    assert video.packets(path) == (0, f"{name} is empty")
    path.write_bytes(b"no video at all" * 100)
    count, wrong = video.packets(path)
    assert not count
    assert "torn or no video" in wrong


def test_a_torn_stream_has_the_frames_before_the_tear(tmp_path: Path) -> None:
    """An H.264 stream that was cut off is counted as far as it goes."""
    path = write_video(tmp_path / "v.video.h264", 40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    count, _ = video.packets(path)
    assert count is not None
    assert 0 < count < 40


def test_an_mp4_without_its_index_is_torn(tmp_path: Path) -> None:
    """The index is written last: without it there is no frame, and a sentence."""
    path = write_video(tmp_path / "v.mp4", 40)
    path.write_bytes(path.read_bytes()[:-900])
    count, wrong = video.packets(path)
    assert not count
    assert "torn or no video" in wrong
