"""The tables: everything in them is explained."""

import pytest
from sqlalchemy import Table

from imagehub.librarian.schema import metadata


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_each_table_and_column_says_what_it_holds(table: Table) -> None:
    """Whoever opens the database with another tool finds a comment everywhere."""
    assert table.comment
    assert [column.name for column in table.columns if not column.comment] == []
