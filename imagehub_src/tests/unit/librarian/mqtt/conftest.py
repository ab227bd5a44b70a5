"""A catalog that follows a hub directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from catalogs import fresh
from hub_directories import HubDirectory


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Give an empty catalog."""
    made = fresh(tmp_path / "catalog.sqlite")
    yield made
    made.dispose()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubDirectory]:
    """Give an empty hub directory."""
    made = HubDirectory(tmp_path / "hub")
    yield made
    made.close()
