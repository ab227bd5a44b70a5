"""Holds are made and ended, and each change is in the audit log."""

import pytest
from sqlalchemy import select, update

from imagehub.librarian.catalog import writing
from imagehub.librarian.retention.errors import RetentionError
from imagehub.librarian.retention.holding import hold_image, hold_span, holds, release
from imagehub.librarian.schema import audit_log, images
from kept import ADA, Kept


def actions(kept: Kept) -> list[str]:
    """Return what the audit log says was done."""
    with kept.engine.connect() as connection:
        return list(connection.execute(select(audit_log.c.action).order_by(audit_log.c.id)).scalars())


def test_an_image_is_held_and_released(kept: Kept) -> None:
    """That image only."""
    first, *_ = kept.ids()
    held = select(images.c.id).where(images.c.hold)
    with writing(kept.engine) as connection:
        hold_image(connection, ADA, first, hold=True)
        assert list(connection.execute(held).scalars()) == [first]
        hold_image(connection, ADA, first, hold=False)
        assert list(connection.execute(held).scalars()) == []
    assert actions(kept) == ["image.hold", "image.release"]


def test_an_image_that_goes_can_not_be_held(kept: Kept) -> None:
    """Nor one that does not exist."""
    first, *_ = kept.ids()
    with writing(kept.engine) as connection:
        connection.execute(update(images).where(images.c.id == first).values(state="going"))
        for number in (first, 999_999):
            with pytest.raises(RetentionError, match=f"no image {number}"):
                hold_image(connection, ADA, number, hold=True)
    assert actions(kept) == []


def test_spans_are_listed_for_who_may_see_the_camera(kept: Kept) -> None:
    """Newest first; those of all cameras for everybody."""
    gate, barn = kept.camera("Gate P1"), kept.camera("Barn P1")
    with writing(kept.engine) as connection:
        of_gate = hold_span(connection, ADA, gate, 10, 20, "a theft")
        of_all = hold_span(connection, ADA, None, 10, 20, "")
        assert [hold.id for hold in holds(connection)] == [of_all, of_gate]
        assert [hold.id for hold in holds(connection, frozenset({barn}))] == [of_all]
        assert [hold.id for hold in holds(connection, frozenset({gate}))] == [of_all, of_gate]
        (last,) = (hold for hold in holds(connection) if hold.id == of_gate)
    assert (last.camera_id, last.start_us, last.end_us, last.reason, last.actor) == (gate, 10, 20, "a theft", "ada")


def test_a_span_ends_once(kept: Kept) -> None:
    """A second time there is none to end."""
    with writing(kept.engine) as connection:
        number = hold_span(connection, ADA, None, 10, 20, "")
        release(connection, ADA, number)
        assert holds(connection) == []
        with pytest.raises(RetentionError, match=f"no hold {number}"):
            release(connection, ADA, number)
    assert actions(kept) == ["hold.add", "hold.release"]


@pytest.mark.parametrize(
    ("camera", "start", "end", "reason"),
    [(None, 5, 5, ""), (None, -1, 5, ""), (999, 1, 5, ""), (None, 1, 5, "x" * 201)],
)
def test_what_makes_no_sense_is_refused(kept: Kept, camera: int | None, start: int, end: int, reason: str) -> None:
    """Nothing changes then."""
    with writing(kept.engine) as connection, pytest.raises(RetentionError):
        hold_span(connection, ADA, camera, start, end, reason)
    with kept.engine.connect() as connection:
        assert holds(connection) == []
