"""The ledger of deleted images keeps what is written to it, whatever tears its end off."""

import os
from pathlib import Path

import pytest

from imagehub import deleted
from imagehub.deleted import Ledger

FIRST = "images/2026-11-20/Barn-P1-2026-11-20T12.00.00.000001.jpg"
SECOND = "images/2026-11-21/Barn-P1-2026-11-21T12.00.00.000002.jpg"
THIRD = "images/2026-11-21/Büro-P1-2026-11-21T12.00.00.000003.jpg"


def test_what_is_added_is_read(tmp_path: Path) -> None:
    """Each day has its file; a later call adds to it."""
    deleted.add(tmp_path, [SECOND, FIRST])
    deleted.add(tmp_path, [THIRD])
    assert deleted.days(tmp_path) == ["2026-11-20", "2026-11-21"]
    assert deleted.read(tmp_path, "2026-11-20") == {FIRST}
    assert deleted.read(tmp_path, "2026-11-21") == {SECOND, THIRD}


def test_nothing_was_deleted_where_there_is_no_ledger(tmp_path: Path) -> None:
    """A hub's directory needs no ledger to be read."""
    assert deleted.days(tmp_path) == []
    assert deleted.read(tmp_path, "2026-11-20") == set()
    assert FIRST not in Ledger(tmp_path)


def test_files_and_folder_are_flushed_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole lines are in the files by then."""
    flushed: dict[str, str] = {}
    monkeypatch.setattr(deleted, "flush_each", lambda files: flushed.update({f: Path(f).read_text() for f in files}))
    deleted.add(tmp_path, [FIRST, SECOND])
    assert flushed == {
        f"{tmp_path}/deleted/2026-11-20.txt": f"{FIRST}\n",
        f"{tmp_path}/deleted/2026-11-21.txt": f"{SECOND}\n",
    }


@pytest.mark.parametrize("left", range(len(THIRD)))
def test_a_torn_last_line_does_not_count_and_harms_none(tmp_path: Path, left: int) -> None:
    """Wherever it was torn, the lines before and those that come later are read."""
    deleted.add(tmp_path, [SECOND])
    with (tmp_path / "deleted" / "2026-11-21.txt").open("ab") as file:
        file.write(os.fsencode(THIRD)[:left])
    assert deleted.read(tmp_path, "2026-11-21") == {SECOND}
    deleted.add(tmp_path, [THIRD])
    assert {SECOND, THIRD} <= deleted.read(tmp_path, "2026-11-21")
    assert THIRD in Ledger(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        "images/2026-11-21/..",
        "images/2026-11-21/a/b.jpg",
        "images/../journal/committed",
        "journal/2026-11-21.jsonl",
        "/images/2026-11-21/a.jpg",
        f"{SECOND}\n{THIRD}",
        "",
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, path: str) -> None:
    """Nothing is written then."""
    with pytest.raises(ValueError, match="not the path of an image"):
        deleted.add(tmp_path, [FIRST, path])
    assert not (tmp_path / "deleted").exists()
    assert path not in Ledger(tmp_path)


def test_a_ledger_sees_what_others_add(tmp_path: Path) -> None:
    """A check that runs while images are deleted does not call them lost."""
    ledger = Ledger(tmp_path)
    assert SECOND not in ledger
    deleted.add(tmp_path, [SECOND])
    assert SECOND in ledger
    assert THIRD not in ledger
    deleted.add(tmp_path, [THIRD, FIRST])
    assert [path in ledger for path in (THIRD, FIRST, SECOND)] == [True, True, True]


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    """An older hub's file may have any name."""
    path = os.fsdecode(b"images/2020-01-01/caf\xe9.jpg")
    deleted.add(tmp_path, [path])
    assert deleted.read(tmp_path, "2020-01-01") == {path}
