"""How the catalog's database is reached."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from imagehub.librarian import catalog

AT_ONCE, ROUNDS = 4, 50


def test_those_who_make_a_new_file_at_once_all_get_it(tmp_path: Path) -> None:
    """Librarian and workers start together; SQLite refuses all but one that switch a file to WAL at the same time."""

    def connected(path: Path, together: threading.Barrier) -> str:
        engine = catalog.engine_of(catalog.url(f"sqlite:///{path}"))
        together.wait(30)
        with engine.connect() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        engine.dispose()
        return str(mode)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(ROUNDS):
            together = threading.Barrier(AT_ONCE)
            jobs = [pool.submit(connected, tmp_path / str(number), together) for _ in range(AT_ONCE)]
            assert [job.result(60) for job in jobs] == ["wal"] * AT_ONCE
