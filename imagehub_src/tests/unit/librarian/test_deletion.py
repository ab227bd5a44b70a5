"""Images are deleted in an order that a crash can't break."""

from pathlib import Path

import pytest
from sqlalchemy import select

from imagehub import check as hub_check
from imagehub import deleted, failpoints
from imagehub.errors import DataDirectoryError
from imagehub.librarian import check, deletion
from imagehub.librarian.catalog import writing
from imagehub.librarian.deletion import HeldError, delete, resume, sweep
from imagehub.librarian.retention.holding import hold_image, hold_span
from imagehub.librarian.schema import deletions
from kept import ADA, Kept


@pytest.fixture(autouse=True)
def _disarm() -> object:
    yield
    failpoints.arm("")


def test_what_is_deleted_is_gone_everywhere(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """File, row, counts and thumbnail, in batches; a second time there is nothing to delete."""
    monkeypatch.setattr(deletion, "BATCH", 3)
    forgotten: list[int] = []
    ids = kept.ids()
    assert delete(kept.engine, kept.root, ids[:7], "ada", forget_thumbnail=forgotten.append) == 7
    assert sorted(forgotten) == sorted(ids[:7])
    assert kept.ids() == ids[7:]
    kept.assert_whole()
    assert delete(kept.engine, kept.root, ids[:7], "ada", forget_thumbnail=forgotten.append) == 0
    assert len(forgotten) == 7


def test_what_is_held_is_deleted_only_if_that_is_meant(kept: Kept) -> None:
    """An image that is held, and one in a span that is."""
    first, second, *_ = kept.ids()
    with writing(kept.engine) as connection:
        hold_image(connection, ADA, first, hold=True)
    with pytest.raises(HeldError, match="end the hold"):
        delete(kept.engine, kept.root, [second, first], "ada")
    with writing(kept.engine) as connection:
        hold_image(connection, ADA, first, hold=False)
        hold_span(connection, ADA, None, 0, 1 << 62, "")
    with pytest.raises(HeldError, match="end the hold"):
        delete(kept.engine, kept.root, [second, first], "ada")
    assert len(kept.stored()) == 18
    assert delete(kept.engine, kept.root, [second, first], "ada", even_held=True) == 2
    kept.assert_whole()


@pytest.mark.parametrize("place", failpoints.DELETING)
def test_what_fails_in_between_is_finished_later(kept: Kept, place: str) -> None:
    """At each step: no image without its file is shown, and `resume` ends it."""
    ids = kept.ids()
    failpoints.arm(f"{place}=EIO*1")
    with pytest.raises((OSError, DataDirectoryError)):
        delete(kept.engine, kept.root, ids[:4], "ada")
    assert kept.stored() <= kept.files()
    resume(kept.engine, kept.root)
    assert kept.ids() == ids[4:]
    kept.assert_whole()


def test_a_ledger_that_can_not_be_written_keeps_the_files(kept: Kept) -> None:
    """Nothing goes that nobody wrote down; the error names the place."""
    (kept.root / "deleted").write_bytes(b"in the way")
    before = kept.files()
    with pytest.raises(DataDirectoryError, match="deleted"):
        delete(kept.engine, kept.root, kept.ids()[:2], "ada")
    assert kept.files() == before
    (kept.root / "deleted").unlink()
    assert resume(kept.engine, kept.root) == 2
    kept.assert_whole()


def test_a_missing_file_is_fine(kept: Kept) -> None:
    """It is forgotten, and no longer called lost."""
    first, *_ = kept.ids()
    path = min(kept.stored())
    (kept.root / path).unlink()
    assert delete(kept.engine, kept.root, [first], "ada") == 1
    kept.assert_whole()


def test_a_folder_that_leads_elsewhere_is_left_alone(kept: Kept, tmp_path: Path) -> None:
    """Nothing is deleted outside of the hub's images."""
    folder = kept.root / "images" / "2026-11-16"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataDirectoryError, match="leads elsewhere"):
        delete(kept.engine, kept.root, kept.ids()[:2], "ada")
    assert len(list((tmp_path / "elsewhere").iterdir())) == 3


def test_a_disk_that_is_not_mounted_keeps_the_catalog(kept: Kept, tmp_path: Path) -> None:
    """An empty mount point is no reason to forget what the disk holds."""
    kept.root.rename(tmp_path / "away")
    kept.root.mkdir()
    with pytest.raises(DataDirectoryError, match="mounted"):
        delete(kept.engine, kept.root, kept.ids()[:2], "ada")
    with kept.engine.connect() as connection:
        assert connection.execute(select(deletions)).all() == []


def test_another_hubs_images_are_left_alone(kept: Kept, tmp_path: Path) -> None:
    """Their paths count from another directory."""
    (tmp_path / "other" / "images").mkdir(parents=True)
    assert delete(kept.engine, tmp_path / "other", kept.ids(), "ada") == 0
    kept.assert_whole()


def test_files_that_only_the_ledger_knows_are_swept_away(kept: Kept) -> None:
    """As after a crash whose catalog was lost; both checks name them until then."""
    path = min(kept.stored())
    body = (kept.root / path).read_bytes()
    delete(kept.engine, kept.root, kept.ids()[:1], "ada")
    (kept.root / path).write_bytes(body)
    text = f"{path}: deleted, but still there; run imagehub-librarian retention"
    assert hub_check.check(kept.root).differences == [text]
    assert list(check.differences(kept.engine, kept.root)) == [text]
    assert (sweep(kept.root), sweep(kept.root)) == (1, 0)
    kept.assert_whole()
    assert path in deleted.read(kept.root, "2026-11-16")
