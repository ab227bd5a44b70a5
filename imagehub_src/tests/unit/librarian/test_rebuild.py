"""A catalog made anew from disk has what users held, and nothing that was deleted."""

import pytest
from sqlalchemy import select

from imagehub import failpoints
from imagehub.librarian import rebuild
from imagehub.librarian.catalog import writing
from imagehub.librarian.deletion import delete
from imagehub.librarian.retention.holding import hold_image, hold_span, holds
from imagehub.librarian.schema import images
from kept import ADA, Kept


def held(kept: Kept) -> list[str]:
    """Return the paths of the images that are held."""
    with kept.engine.connect() as connection:
        return list(connection.execute(select(images.c.path).where(images.c.hold)).scalars())


def test_holds_stay(kept: Kept) -> None:
    """Of images and of spans."""
    with writing(kept.engine) as connection:
        hold_image(connection, ADA, kept.ids()[4], hold=True)
        hold_span(connection, ADA, None, 1, 2, "")
    before = held(kept)
    rebuild.run(kept.engine, kept.root)
    assert held(kept) == before != []
    with kept.engine.connect() as connection:
        assert len(holds(connection)) == 1
    kept.assert_whole()


def test_deleted_images_stay_deleted(kept: Kept) -> None:
    """Those that went, those that were to go, and those whose file a crash left."""
    delete(kept.engine, kept.root, kept.ids()[:3], "ada")
    failpoints.arm("after_going=EIO")
    with pytest.raises(OSError, match="after_going"):
        delete(kept.engine, kept.root, kept.ids()[:3], "ada")
    failpoints.arm("")
    left = kept.stored()
    rebuild.run(kept.engine, kept.root)
    assert kept.stored() == left
    assert len(left) == 12
    kept.assert_whole()


def test_what_the_ledger_says_goes_from_disk(kept: Kept) -> None:
    """Also where the catalog that began it is lost."""
    path = min(kept.stored())
    body = (kept.root / path).read_bytes()
    delete(kept.engine, kept.root, kept.ids()[:1], "ada")
    (kept.root / path).write_bytes(body)
    rebuild.run(kept.engine, kept.root)
    assert path not in kept.files()
    kept.assert_whole()
