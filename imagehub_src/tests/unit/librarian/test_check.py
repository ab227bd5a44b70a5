"""The check names each difference of disk and catalog, and no difference where there is none."""

import os
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from hubdata import JPEG, event, image, keep, open_store, write
from imagehub import deleted, journal
from imagehub.librarian import check
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.schema import events, images
from kept import Kept

LONG_AGO = 1_000_000_000.0


def differences(kept: Kept) -> list[str]:
    """Return what the check says."""
    return list(check.differences(kept.engine, kept.root))


def test_a_catalog_that_follows_agrees(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    """In batches of any size; the command says so, and how much it looked at."""
    assert differences(kept) == []
    assert check.run(kept.engine, kept.root) == 0
    told = capsys.readouterr()
    assert told.out == "all agree\n"
    assert "checked 39" in told.err


@pytest.mark.parametrize("batch", [1, 4, 1000])
def test_rows_that_are_missing_or_too_many_are_named(kept: Kept, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image's, an event's; one with a number that the journal does not have."""
    monkeypatch.setattr(check, "BATCH", batch)
    with writing(kept.engine) as connection:
        connection.execute(delete(images).where(images.c.sequence == 5))
        connection.execute(delete(events).where(events.c.sequence == 7))
        connection.execute(update(images).where(images.c.sequence == 9).values(sequence=None))
        connection.execute(update(events).where(events.c.sequence == 14).values(sequence=9))
    found = differences(kept)
    assert found[:4] == [
        "journal entry 5: image is not in the catalog",
        "journal entry 7: event is not in the catalog",
        "journal entry 9: image is not in the catalog",
        "journal entry 14: event is not in the catalog",
    ]
    assert [line.partition(": ")[2] for line in found[4:]] == ["not in the catalog"]


def test_a_row_without_a_journal_entry_is_named(kept: Kept) -> None:
    """Such a one was taken in from a line that is damaged now."""
    (segment, *_) = sorted((kept.root / "journal").glob("*.jsonl"))
    text = segment.read_bytes()
    segment.write_bytes(text.replace(b'{"sequence":2,', b'["sequence":2,', 1))
    assert differences(kept) == ["image 2: in the catalog, but not in the journal"]


def test_files_that_differ_are_named(kept: Kept) -> None:
    """Missing, of another size, or without a row."""
    gone, cut, *_ = sorted(kept.stored())
    (kept.root / gone).unlink()
    os.truncate(kept.root / cut, 3)
    stray = "images/2026-11-18/Barn-P1-2026-11-18T23.00.00.000000.jpg"
    (kept.root / stray).write_bytes(JPEG)
    os.utime(kept.root / stray, (LONG_AGO, LONG_AGO))
    assert differences(kept) == [
        f"{gone}: in the catalog, but not on disk",
        f"{cut}: 3 bytes, the catalog says {len(JPEG)}",
        f"{stray}: not in the catalog",
    ]
    assert check.run(kept.engine, kept.root) == 1


def test_what_is_to_come_is_no_difference(kept: Kept) -> None:
    """Entries behind the catalog's position, acknowledged or not, and a file of this moment."""
    store = open_store(kept.root, lambda: kept.now)
    keep(store, image(), event())
    write(store, image())
    (kept.root / "images" / "2026-11-21" / "Barn-P1-2026-11-21T12.00.00.999999.jpg").write_bytes(JPEG)
    assert differences(kept) == []
    store.close()


def test_what_was_purged_is_no_difference(kept: Kept) -> None:
    """Before the catalog has noticed; a file that is still there is named."""
    paths = {entry["sequence"]: entry.get("path", "") for entry, _ in journal.read(kept.root / "journal")}
    (kept.root / paths[1]).unlink()
    journal.write_watermark(kept.root / "journal", 2)
    assert differences(kept) == []
    with writing(kept.engine) as connection:
        connection.execute(delete(images).where(images.c.sequence <= 2))
    assert differences(kept) == [f"{paths[2]}: purged, but still there; run imagehub purge again"]


def test_what_goes_during_the_check_is_no_difference(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deletion that is carried out between two looks."""
    path = min(kept.stored())
    compare = check._Check._compare

    def meanwhile(self: check._Check, row: object) -> str | None:
        if (kept.root / path).exists():
            deleted.add(kept.root, [path])
            (kept.root / path).unlink()
            with writing(kept.engine) as connection:
                connection.execute(delete(images).where(images.c.path == path))
        return compare(self, row)  # type: ignore[arg-type]

    monkeypatch.setattr(check._Check, "_compare", meanwhile)
    assert differences(kept) == []
    assert path not in kept.files()


def test_a_hub_that_nobody_took_in_is_an_error(kept: Kept, tmp_path: Path) -> None:
    """It says what to do."""
    with pytest.raises(CatalogError, match="imagehub-librarian run"):
        list(check.differences(kept.engine, tmp_path))
