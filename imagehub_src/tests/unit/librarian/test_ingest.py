"""What becomes of journal entries that are not as they should be."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from catalogs import entry, fresh, taken, write_journal
from hubdata import image, keep, open_store
from imagehub.journal import write_watermark
from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.deletion import delete
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.schema import hubs
from imagehub.purge import finish
from kept import Kept, fill


def test_damaged_and_void_lines_are_left_out(tmp_path: Path) -> None:
    """What can't be read is counted; nothing that stands behind it is missed."""
    engine, root = fresh(tmp_path / "c"), tmp_path / "hub"
    broken = [entry(3) | {"time": "noon"}, entry(4) | {"bytes": 1 << 70}, {"kind": "?"}, {"kind": "void"}]
    write_journal(root, [entry(1), *broken, entry(6)]).close()
    assert Ingest(engine, root).follow() == 6
    assert taken(engine) == [(1, "event"), (6, "image")]
    with engine.connect() as connection:
        assert connection.execute(select(hubs.c.damaged)).scalar() == 3
    engine.dispose()


def purge(kept: Kept, sequence: int) -> None:
    """Purge as `imagehub purge` does."""
    write_watermark(kept.root / "journal", sequence)
    finish(kept.root)


def test_purged_images_are_forgotten(kept: Kept) -> None:
    """With their counts, in batches, also while others come."""
    follower = Ingest(kept.engine, kept.root, batch=2)
    assert follower.follow() == 0
    purge(kept, 8)
    follower.follow()
    kept.assert_whole()
    store = open_store(kept.root, lambda: kept.now)
    keep(store, image())
    store.close()
    purge(kept, 10)
    assert follower.follow() == 1
    kept.assert_whole()
    assert len(kept.stored()) == 10


def test_purged_images_are_not_taken_in(engine: Engine, tmp_path: Path) -> None:
    """A catalog that begins after a purge has what is there."""
    kept = fill(engine, tmp_path / "hub")
    purge(kept, 8)
    other = fresh(tmp_path / "other")
    Ingest(other, kept.root).follow()
    Kept(other, kept.root, kept.now).assert_whole()
    other.dispose()


def test_deleted_images_are_not_taken_in(kept: Kept, tmp_path: Path) -> None:
    """The ledger is the hub's: a catalog made anew knows of them as well."""
    delete(kept.engine, kept.root, kept.ids()[3:9], "ada")
    other = fresh(tmp_path / "other")
    Ingest(other, kept.root, batch=4).follow()
    anew = Kept(other, kept.root, kept.now)
    assert anew.stored() == kept.stored()
    anew.assert_whole()
    other.dispose()


def test_another_journal_is_refused(tmp_path: Path) -> None:
    """A journal that begins anew is not mixed with the one before."""
    engine, root = fresh(tmp_path / "c"), tmp_path / "hub"
    write_journal(root, [entry(1), entry(2)]).close()
    Ingest(engine, root).follow()
    (root / "journal").rename(tmp_path / "away")
    write_journal(root, [entry(1)]).close()
    with pytest.raises(CatalogError, match="rebuild"):
        Ingest(engine, root).follow()
    engine.dispose()
