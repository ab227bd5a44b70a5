"""Catalogs in real databases of each kind."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine

from databases import Servers
from imagehub.librarian import catalog


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Give the database servers of this run, in a folder that another run does not lock their accounts out of."""
    with TemporaryDirectory(prefix="imagehub-servers-") as folder:
        made = Servers(Path(folder))
        yield made
        made.stop()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> str:
    """Give the URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    return servers.database(request.param)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Give a migrated catalog."""
    made = catalog.connect(url)
    yield made
    made.dispose()
