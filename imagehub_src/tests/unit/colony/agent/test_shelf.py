"""Only files of the session asked for are given out, whatever is asked."""

import hashlib
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from imagehub.colony import names
from imagehub.colony.agent.shelf import NoSuchFileError, Session, Shelf

SESSION = Session("barn", "barn__first", "left")
VIDEO = "barn__first.left.20260131_120000.rcc.video.h264"


class Later(Executor):
    """Does what it is given when it is told to."""

    def __init__(self) -> None:
        self._work: list[Callable[[], Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor.submit`."""
        self._work.append(lambda: fn(*args, **kwargs))
        return Future()

    def work(self) -> None:
        """Do it."""
        for do in self._work:
            do()
        self._work = []


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data directory with a recording, and what is nobody's business."""
    folder = tmp_path / "data" / "barn" / "barn__first"
    folder.mkdir(parents=True)
    (folder / VIDEO).write_bytes(b"0123456789")
    (folder / "barn__first.right.20260131_120000.rcc.video.h264").write_bytes(b"another camera's")
    (folder / "notes.txt").write_bytes(b"notes")
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "barn__first.left.20260131_120001.rcc.video.h264").symlink_to(tmp_path / "secret")
    return tmp_path / "data"


def test_a_session_has_its_own_files_only(data: Path) -> None:
    """No other camera's, no other files, and no links that lead elsewhere."""
    assert Shelf(data, Later()).files(SESSION) == [{"path": VIDEO, "size": 10}]


def test_a_session_that_was_never_recorded_has_none(data: Path) -> None:
    """That is no fault."""
    assert Shelf(data, Later()).files(Session("", "other", "left")) == []


def test_a_piece_of_a_file_is_read_where_it_was_asked_for(data: Path) -> None:
    """Past the end there is nothing."""
    shelf = Shelf(data, Later())
    assert [shelf.read(SESSION, VIDEO, offset, 4) for offset in (0, 4, 8, 10)] == [b"0123", b"4567", b"89", b""]


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt", "../../../secret", "/etc/passwd", "", "barn__first.right.20260131_120000.rcc.video.h264",
        "barn__first.left.20260131_120001.rcc.video.h264", f"./{VIDEO}", f"{VIDEO}\0", f"{VIDEO}/x",
        "barn__first.left.20260131_120002.rcc.video.h264",
    ],
)  # fmt: skip
def test_nothing_else_is_read(data: Path, path: str) -> None:
    """Nor are checksums told of it."""
    shelf = Shelf(data, Later())
    with pytest.raises(NoSuchFileError):
        shelf.read(SESSION, path, 0, 10)
    with pytest.raises(NoSuchFileError):
        shelf.sum(SESSION, path)


@pytest.mark.parametrize("session", [Session("..", "x", "left"), Session("", "../x", "left"), Session("", "", "left")])
def test_a_name_that_leads_elsewhere_is_refused(data: Path, session: Session) -> None:
    """As a name."""
    with pytest.raises(names.NameRefusedError):
        Shelf(data, Later()).files(session)


def test_a_checksum_is_there_once_it_is_worked_out_and_anew_for_a_file_that_grew(data: Path) -> None:
    """Whoever asks does not wait for it."""
    later = Later()
    shelf = Shelf(data, later)
    assert shelf.sum(SESSION, VIDEO) is None
    later.work()
    assert shelf.sum(SESSION, VIDEO) == hashlib.sha256(b"0123456789").hexdigest()
    (SESSION.folder(data) / VIDEO).write_bytes(b"more than before")
    assert shelf.sum(SESSION, VIDEO) is None
    later.work()
    assert shelf.sum(SESSION, VIDEO) == hashlib.sha256(b"more than before").hexdigest()
