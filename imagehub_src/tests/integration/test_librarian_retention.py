"""Deletion on real databases and disks, with librarians that are killed at each step of it."""

import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from hubdata import event, image, keep, open_store
from imagehub import failpoints
from imagehub.librarian import catalog, ingest
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.retention.carrying_out import Guard
from imagehub.librarian.retention.holding import hold_image, hold_span
from integration.disks.loop_disk import LoopDisk
from integration.disks.requirements import require_loop_disk
from kept import ADA, SIZE, Kept, fill
from running import until


@pytest.fixture
def kept(engine: Engine, tmp_path: Path) -> Kept:
    """Six days of two cameras, long ago, and two of their images held."""
    made = fill(engine, tmp_path / "hub")
    with writing(engine) as connection:
        hold_image(connection, ADA, made.ids()[0], hold=True)
        hold_span(connection, ADA, made.camera("Gate P1"), 0, 1 << 62, "all of it")
    return made


@pytest.fixture
def folder(kept: Kept, url: str, tmp_path: Path) -> Path:
    """A librarian's folder with settings for that hub."""
    section = {"hub_directory": str(kept.root), "database": url}
    file = tmp_path / "librarian.yaml"
    file.write_text(yaml.safe_dump({"librarian": section, "retention": {"min_free_bytes": 0}}))
    return tmp_path


def librarian(folder: Path, *words: str, fault: str = "") -> int:
    """Run the librarian's command and return its exit code."""
    command = [sys.executable, "-m", "imagehub.librarian", *words, "--path", str(folder)]
    return subprocess.run(command, env=os.environ | {"IMAGEHUB_FAILPOINTS": fault}, check=False).returncode


def test_a_librarian_that_is_killed_at_each_step_deletes_what_it_should(kept: Kept, folder: Path) -> None:
    """After each end no image without a file is shown and nothing held is gone; at last both checks agree."""
    kept.policy("Barn P1", size=3 * SIZE)
    held = {path for path in kept.stored() if "Gate" in path} | {min(kept.stored())}
    for place in failpoints.DELETING:
        kept.policy("Barn P1", size=(len(kept.days()) - 2) * SIZE)
        assert librarian(folder, "retention", fault=f"{place}=crash") == -signal.SIGKILL
        assert held <= kept.stored() <= kept.files()
        assert librarian(folder, "retention") == 0
        kept.assert_whole()
    assert held <= kept.stored()
    assert librarian(folder, "check") == 0


def test_a_running_librarian_finishes_what_another_began(kept: Kept, folder: Path) -> None:
    """Its retention begins with what a crash left."""
    kept.policy("Barn P1", size=1)
    assert librarian(folder, "retention", fault="after_ledger=crash") == -signal.SIGKILL
    process = subprocess.Popen([sys.executable, "-m", "imagehub.librarian", "run", "--path", str(folder)])
    try:
        until(lambda: kept.stored() == kept.files(), "the files to go")
        until(lambda: len(kept.days()) == 1, "the night's work")
    finally:
        process.terminate()
        assert process.wait(30) == 0
    kept.assert_whole()


@pytest.mark.parametrize("url", ["postgresql", "mariadb"], indirect=True)
def test_the_second_librarian_on_a_catalog_is_refused(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes the same entries a moment later adds none, and is told what to do."""
    store = open_store(kept.root, lambda: kept.now)
    keep(store, image(), event(), image())
    store.close()
    move = ingest._move

    def behind_another(*words: Any) -> None:
        monkeypatch.setattr(ingest, "_move", move)
        assert Ingest(kept.engine, kept.root).follow() == 3
        move(*words)

    monkeypatch.setattr(ingest, "_move", behind_another)
    with pytest.raises(CatalogError, match="another librarian writes to this catalog: end one of them"):
        Ingest(kept.engine, kept.root).follow()
    assert Ingest(kept.engine, kept.root).follow() == 0
    kept.assert_whole()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_and_returns_misses_nothing(kept: Kept, folder: Path) -> None:
    """PostgreSQL ends all connections and recovers as after a crash, while a librarian follows and retains."""
    process = subprocess.Popen([sys.executable, "-m", "imagehub.librarian", "run", "--path", str(folder)])
    store = open_store(kept.root, lambda: kept.now)
    try:
        for taken in (20, 22, 24):
            keep(store, image(), image())
            until(partial(settled, kept, taken), "the images")
            crash(kept.engine)
        keep(store, image(), image())
        until(partial(settled, kept, 26), "the images that came meanwhile")
    finally:
        process.terminate()
        assert process.wait(30) == 0
        store.close()
    kept.assert_whole()


def settled(kept: Kept, number: int) -> bool:
    """Tell whether so many images are taken in; a database that is away has none."""
    try:
        return len(kept.ids()) == number
    except SQLAlchemyError:
        return False


def crash(engine: Engine) -> None:
    """Let one of the server's processes die: the server ends all the others, and recovers."""
    with engine.connect() as connection:
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        os.kill(own, signal.SIGKILL)
        with pytest.raises(SQLAlchemyError):
            connection.execute(text("SELECT 1"))
        connection.invalidate()


def test_a_disk_that_is_nearly_full_gets_space_from_the_oldest(tmp_path: Path) -> None:
    """On a real file system: until as much is free as should be, and no further."""
    require_loop_disk()
    engine = catalog.connect(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    with LoopDisk(size_mib=32) as disk:
        kept = fill(engine, disk.mount_point / "data", number=3, each=3, body=bytes(200_000))
        disk.fill(leaving_bytes=1_000_000)
        Guard(engine, kept.root, 1_500_000).look(0, threading.Event())
        assert disk.free_bytes >= 1_500_000
        assert 7 <= len(kept.stored()) <= 9
        assert kept.days()[-3:] == ["21"] * 3
        kept.assert_whole()
    engine.dispose()
