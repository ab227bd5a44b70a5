"""A catalog and a client for each test of the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from calling import Called, calling


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Called]:
    """Give a site with two cameras, and a client for it."""
    with calling(tmp_path) as called:
        yield called
