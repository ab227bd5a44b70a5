"""Contact sheets of a session."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from imagehub.colony import montage
from imagehub.colony.recording.errors import RecordingError
from imagehub.node.cameras import painted
from recordings import START, HandCamera, frame, handed

FRAME_NS = 100_000_000


def record(folder: Path, instance: str, numbers: range) -> None:
    """Record a camera whose frame `number` is taken that many tenths of a second after the start."""
    handed(folder, HandCamera(), [frame(n, START + n * FRAME_NS) for n in numbers], instance=instance).stop()


def cells(sheet: Path, rows: int, columns: int) -> list[list[tuple[int, int] | None]]:
    """Return what is painted into the pictures of a sheet."""
    read = cv2.imread(str(sheet))
    assert read is not None
    found = np.asarray(read, np.uint8)
    bands = np.split(found, rows)
    return [
        [
            painted.read_strip(cell[montage.HEADING : -montage.MARGIN, : -montage.MARGIN])
            for cell in np.split(band, columns, 1)
        ]
        for band in bands
    ]


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """Give a session of two cameras, of which one began a second later."""
    record(tmp_path, "east", range(10, 31))
    record(tmp_path, "west", range(31))
    return tmp_path / "acq"


@pytest.mark.parametrize("without", ["nothing", "*.mp4"])
def test_a_column_shows_what_each_camera_saw_at_the_same_instant(session: Path, without: str) -> None:
    """From the MP4, or from the stream where there is none; nothing where a camera did not record yet."""
    for path in session.glob(without):
        path.unlink()
    sheet = montage.run(session, session / "sheet.png", columns=4)
    east, west = cells(sheet, rows=2, columns=4)
    assert west == [(number, START + number * FRAME_NS) for number in (0, 10, 20, 30)]
    assert east == [None, *west[1:]]


def test_the_sheet_has_the_width_that_is_asked_for(session: Path) -> None:
    """Each picture with its margin, and a line above it."""
    sheet = montage.run(session, session / "sheet.jpg", columns=3, width=160)
    found = cv2.imread(str(sheet))
    assert found is not None
    assert found.shape == (2 * (montage.HEADING + 120 + montage.MARGIN), 3 * (160 + montage.MARGIN), 3)


def test_one_column_shows_the_first_instant(session: Path) -> None:
    """The later camera has nothing of it."""
    sheet = montage.run(session, session / "sheet.png", columns=1)
    assert cells(sheet, rows=2, columns=1) == [[None], [(0, START)]]


@pytest.mark.parametrize(
    ("out", "columns", "words"),
    [
        ("sheet.gif", 3, r"is a \.jpg or \.png"),
        ("sheet.png", 0, "one column at least"),
        ("no/sheet.png", 2, "can't write"),
    ],
)
def test_what_cant_be_made_is_told(session: Path, out: str, columns: int, words: str) -> None:
    """Before anything is written."""
    with pytest.raises(RecordingError, match=words):
        montage.run(session, session / out, columns)


def test_a_folder_without_a_video_is_told(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(RecordingError, match=f"{tmp_path} has no video"):
        montage.run(tmp_path, tmp_path / "sheet.png")


def test_a_video_that_cant_be_decoded_is_told(session: Path) -> None:
    """With its name."""
    for path in session.glob("*.mp4"):
        path.write_bytes(b"no video")
    with pytest.raises(RecordingError, match=r"\.mp4 can't be decoded"):
        montage.run(session, session / "sheet.png")
