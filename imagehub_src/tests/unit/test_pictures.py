"""Pictures to send, from files and videos."""

import sys
from pathlib import Path

import pytest

from imagehub import pictures
from imagehub.errors import ImagehubError, MissingExtraError
from media import decoded, video


def test_what_is_no_jpeg_is_named_and_left_out(tmp_path: Path) -> None:
    """The good files of a folder are sent although others are in it."""
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 a picture")
    (tmp_path / "notes.txt").write_text("no picture")
    paths = [tmp_path / name for name in ("a.jpg", "notes.txt", "gone.jpg")]
    told: list[str] = []
    assert [picture.name for picture in pictures.from_files(paths, told.append)] == [str(paths[0])]
    assert told == [
        f"{paths[1]}: not a JPEG (it does not begin with FF D8)",
        f"{paths[2]}: No such file or directory",
    ]


def test_a_video_gives_its_pictures_in_order(tmp_path: Path) -> None:
    """Each picture of a video becomes a JPEG with a name that tells which it is."""
    path = video(tmp_path / "walk.avi", frames=3)
    found = list(pictures.from_video(path))
    assert [picture.name for picture in found] == [f"{path}, picture {number}" for number in (1, 2, 3)]
    levels = [decoded(picture.jpeg).mean() for picture in found]
    assert levels == sorted(levels)


def test_a_file_that_is_no_video_is_an_error(tmp_path: Path) -> None:
    """It is said whether the file is missing, or is something else."""
    (tmp_path / "notes.avi").write_text("no video")
    with pytest.raises(ImagehubError, match=r"notes\.avi: not a video"):
        next(pictures.from_video(tmp_path / "notes.avi"))
    with pytest.raises(ImagehubError, match=r"gone\.avi: no such file"):
        next(pictures.from_video(tmp_path / "gone.avi"))


def test_a_video_without_opencv_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base installation says in one line what to install."""
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"reading a video needs .*imagehub\[raw\]"):
        next(pictures.from_video(tmp_path / "walk.avi"))
