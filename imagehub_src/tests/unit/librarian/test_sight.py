"""Sight: who sees which camera's rows."""

import pytest
from sqlalchemy import create_engine, literal, select, union_all

from imagehub.librarian import sight
from imagehub.librarian.sight import Sight


@pytest.mark.parametrize(("given", "seen"), [(None, [1, 2, 3]), (frozenset({3, 1}), [1, 3]), (frozenset(), [])])
def test_rows_and_cameras_are_seen_alike(given: Sight, seen: list[int]) -> None:
    """The condition for rows and the answer for one camera agree; an empty sight sees nothing."""
    rows = union_all(*(select(literal(number).label("id")) for number in (1, 2, 3))).subquery()
    with create_engine("sqlite://").connect() as connection:
        found = connection.execute(select(rows.c.id).where(sight.condition(rows.c.id, given)).order_by(rows.c.id))
        assert list(found.scalars()) == seen
    assert [number for number in (1, 2, 3) if sight.allows(given, number)] == seen
