"""What tests of the librarian share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from catalogs import fresh
from kept import Kept, fill


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Give an empty catalog in SQLite."""
    made = fresh(tmp_path / "catalog.sqlite")
    yield made
    made.dispose()


@pytest.fixture
def kept(engine: Engine, tmp_path: Path) -> Kept:
    """Six days of two cameras, 2026-11-16 to 2026-11-21, taken in."""
    return fill(engine, tmp_path / "hub")
