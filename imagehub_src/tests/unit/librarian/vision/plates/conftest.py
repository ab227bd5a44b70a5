"""What tests of plates share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from happenings import World
from happenings import world as a_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a catalog in SQLite in which things happen."""
    with a_world(tmp_path) as made:
        yield made
