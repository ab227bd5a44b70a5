"""What becomes of journal entries that are not as they should be."""

from pathlib import Path

import pytest
from sqlalchemy import select

from catalogs import DAY, entry, taken, write_journal
from imagehub.journal import write_watermark
from imagehub.librarian import catalog
from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.schema import hubs, images


def test_damaged_and_void_lines_are_left_out(tmp_path: Path) -> None:
    """What can't be read is counted; nothing that stands behind it is missed."""
    engine, root = catalog.connect(f"sqlite:///{tmp_path / 'c'}"), tmp_path / "hub"
    broken = [entry(3) | {"time": "noon"}, entry(4) | {"bytes": 1 << 70}, {"kind": "?"}, {"kind": "void"}]
    write_journal(root, [entry(1), *broken, entry(6)]).close()
    assert Ingest(engine, root).follow() == 6
    assert taken(engine) == [(1, "event"), (6, "image")]
    with engine.connect() as connection:
        assert connection.execute(select(hubs.c.damaged)).scalar() == 3
    engine.dispose()


def test_purged_images_are_gone(tmp_path: Path) -> None:
    """Before and after they were taken in."""
    engine, root = catalog.connect(f"sqlite:///{tmp_path / 'c'}"), tmp_path / "hub"
    lines = write_journal(root, [entry(2), entry(4), entry(6)])
    write_watermark(root / "journal", 1)
    Ingest(engine, root).follow()
    write_watermark(root / "journal", 2)
    lines.append([entry(8)], DAY)
    lines.commit(lines.written)
    lines.close()
    Ingest(engine, root).follow()
    with engine.connect() as connection:
        states = list(connection.execute(select(images.c.state).order_by(images.c.sequence)).scalars())
    assert states == ["gone", "gone", "stored", "stored"]
    engine.dispose()


def test_another_journal_is_refused(tmp_path: Path) -> None:
    """A journal that begins anew is not mixed with the one before."""
    engine, root = catalog.connect(f"sqlite:///{tmp_path / 'c'}"), tmp_path / "hub"
    write_journal(root, [entry(1), entry(2)]).close()
    Ingest(engine, root).follow()
    (root / "journal").rename(tmp_path / "away")
    write_journal(root, [entry(1)]).close()
    with pytest.raises(CatalogError, match="rebuild"):
        Ingest(engine, root).follow()
    engine.dispose()
