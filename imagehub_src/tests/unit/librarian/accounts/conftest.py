"""A catalog for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from catalogs import fresh


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Give an empty catalog."""
    made = fresh(tmp_path / "catalog.sqlite")
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Give a connection that writes."""
    with engine.connect().execution_options(writes=True) as given:
        yield given
