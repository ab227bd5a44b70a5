"""Real database servers for tests, each in a folder and on a socket or port of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from imagehub.librarian import catalog
from requirements_here import require
from running import free_port, until

POSTGRESQL_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database."""
    require(POSTGRESQL_BINARIES, "PostgreSQL: apt-get install postgresql")
    binaries, port = POSTGRESQL_BINARIES[-1], free_port()
    data = _folder_for(folder, "postgres")
    _run("postgres", binaries / "initdb", "-D", data, "-U", "librarian", "-A", "trust", "-E", "UTF8", "--no-sync")
    words = [*_as("postgres"), binaries / "postgres", "-D", data, "-p", str(port), "-k", "", "-h", "127.0.0.1"]
    words += ["-c", "fsync=off"]  # no test cuts the power
    yield from _serve(words, folder, f"postgresql+psycopg://librarian@127.0.0.1:{port}/postgres")


@contextmanager
def mariadb(folder: Path) -> Iterator[str]:
    """Give the URL of an empty MariaDB database."""
    server = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    require(server, "MariaDB: apt-get install mariadb-server")
    assert server
    port, data = free_port(), _folder_for(folder, "mysql")
    _run(
        "mysql", "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"
    )
    options = ["--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
    options += ["--innodb-flush-log-at-trx-commit=0"]
    words = [*_as("mysql"), server, *options, f"--socket={data}/socket", "--skip-name-resolve"]
    yield from _serve(words, folder, f"mysql+pymysql://root@127.0.0.1:{port}/test")


class Servers:
    """One server of each kind that is asked for, for all tests of a run; each test has a database of its own there."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._running, self._made = folder, ExitStack(), 0
        self._urls: dict[str, str] = {}

    def database(self, kind: str) -> str:
        """Return the URL of an empty database."""
        if kind not in self._urls:
            start = {"postgresql": postgresql, "mariadb": mariadb}[kind]
            self._urls[kind] = self._running.enter_context(start(self._folder / kind))
        self._made += 1
        name = f"catalog{self._made}"
        engine = create_engine(catalog.url(self._urls[kind]), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return f"{self._urls[kind].rpartition('/')[0]}/{name}"

    def stop(self) -> None:
        """End the servers."""
        self._running.close()


def _folder_for(folder: Path, user: str) -> Path:
    data = folder / "data"
    data.mkdir(parents=True)
    if os.geteuid() == 0:
        for place in (folder, *folder.parents):  # pytest's own folders are for root alone
            place.chmod(place.stat().st_mode | 0o011)
        shutil.chown(data, user)
    return data


def _as(user: str) -> list[str]:
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if os.geteuid() == 0 else []


def _run(user: str, *words: str | Path) -> None:
    subprocess.run([*_as(user), *map(str, words)], check=True, capture_output=True, cwd="/")


def _serve(words: Sequence[object], folder: Path, url: str) -> Iterator[str]:
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, cwd="/")
    try:
        until(lambda: _answers(url, server), "the database server")
        yield url.replace("+psycopg", "").replace("mysql+pymysql", "mariadb")
    finally:
        server.terminate()
        server.wait(30)


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    assert server.poll() is None, "the database server ended"
    engine = create_engine(url)
    try:
        engine.connect().close()
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True
