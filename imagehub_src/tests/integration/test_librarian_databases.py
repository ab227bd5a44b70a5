"""The catalog in each database that it promises to work with, and a librarian that is killed."""

import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import yaml
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, func, inspect, select

from catalogs import entry, promised, taken, write_journal
from imagehub.librarian import catalog, check, rebuild
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.schema import days, events, images, metadata
from running import Node, running_hub, until


def test_a_migrated_catalog_is_as_the_tables_are_described(engine: Engine) -> None:
    """No column, type, index or comment differs; a second start finds nothing to do."""
    catalog.migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    if engine.dialect.supports_comments:
        assert inspect(engine).get_table_comment("images")["text"]


def test_takes_in_each_entry_once(engine: Engine, tmp_path: Path) -> None:
    """Batches, a second call and later entries add up to the journal."""
    root = tmp_path / "hub"
    lines = write_journal(root, [entry(number) for number in range(1, 501)])
    ingest = Ingest(engine, root, batch=70)
    assert (ingest.follow(), ingest.follow()) == (500, 0)
    lines.append([entry(501), {"kind": "void"}, entry(502)], "2026-11-21")
    lines.commit(lines.written)
    lines.close()
    assert Ingest(engine, root).follow() == 3
    assert taken(engine) == promised(root)
    with engine.connect() as connection:
        assert sum(connection.execute(select(days.c.images + days.c.events)).scalars()) == 502
        assert connection.execute(select(events.c.value).where(events.c.sequence == 39)).scalar() == 39.0


def test_a_rebuilt_catalog_is_the_same(engine: Engine, tmp_path: Path) -> None:
    """And the check, which names the images that are missing here, names nothing else."""
    root = tmp_path / "hub"
    write_journal(root, [entry(number) for number in range(1, 51)]).close()
    Ingest(engine, root).follow()
    rebuild.run(engine, root)
    assert taken(engine) == promised(root)
    found = list(check.differences(engine, root))
    assert len(found) == 25
    assert all(line.endswith("in the catalog, but not on disk") for line in found)


def held(engine: Engine) -> int:
    """Return how many entries the catalog has."""
    with engine.connect() as connection:
        return sum(
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (images, events)
        )


def holds_more(engine: Engine, number: int) -> bool:
    """Tell whether the catalog has more entries than that."""
    return held(engine) > number


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start a librarian as a user does."""
    return subprocess.Popen([sys.executable, "-m", "imagehub.librarian", "run", "--path", str(folder)])


def configure(folder: Path, hub: Path, url: str) -> None:
    """Write the librarian's settings."""
    folder.mkdir(exist_ok=True)
    section = {"hub_directory": str(hub), "database": url}
    (folder / "librarian.yaml").write_text(yaml.safe_dump({"librarian": section}))


def test_a_killed_librarian_takes_in_each_entry_once(engine: Engine, url: str, tmp_path: Path) -> None:
    """However often it is killed while it takes in, nothing is missing and nothing there twice."""
    root, chance = tmp_path / "hub", random.Random(17)
    write_journal(root, [entry(number) for number in range(1, 30_001)]).close()
    configure(tmp_path / "librarian", root, url)
    kills = 0
    while (before := held(engine)) < 30_000:
        process = start(tmp_path / "librarian")
        until(partial(holds_more, engine, before), "progress")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    assert kills > 1
    assert taken(engine) == promised(root)


def test_what_a_hub_acknowledged_is_visible_within_a_second(tmp_path: Path) -> None:
    """From `OK` to a row of the catalog; SIGTERM ends the librarian."""
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    with running_hub(tmp_path / "hub") as hub:
        configure(tmp_path / "librarian", hub.data, url)
        engine = catalog.connect(url)
        process = start(tmp_path / "librarian")
        try:
            for number in range(1, 12):
                with Node(hub.endpoint) as node:
                    assert node.send("Barn P1|jpg|").startswith("OK")
                began = time.monotonic()
                until(partial(holds_more, engine, number - 1), "the image")
                assert number == 1 or time.monotonic() - began < 1  # the first one waits for the librarian's start
        finally:
            process.terminate()
            assert process.wait(10) == 0
            engine.dispose()
