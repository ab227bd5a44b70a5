"""The catalog as a database: how it is reached, brought up to date and written to."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from imagehub.errors import ImagehubError, MissingExtraError
from imagehub.eventlog import one_line

BUSY_SECONDS = 30
DRIVERS = {
    "postgresql": ("postgresql+psycopg", "postgresql"),
    "mariadb": ("mariadb+pymysql", "mariadb"),
    "mysql": ("mysql+pymysql", "mariadb"),
    "sqlite": ("sqlite", "librarian"),
}


class CatalogError(ImagehubError):
    """The catalog can't be reached, or does not fit the hub's data; says what to do."""


def url(text: str) -> URL:
    """Read a database URL, with the driver that we use for that database.

    Raises:
        CatalogError: it is no URL, or of a database that the catalog does not work with.
    """
    try:
        given = make_url(text)
        return given.set(drivername=DRIVERS[given.get_backend_name()][0])
    except (ArgumentError, KeyError):
        raise CatalogError(
            "the database is no URL as sqlite:///FILE, postgresql://USER@HOST/NAME or mariadb://..."
        ) from None


def connect(database: str) -> Engine:
    """Return an engine for a catalog whose tables are those of this version, made or changed if need be.

    Raises:
        CatalogError: it can't be reached, or was made by a newer version.
        MissingExtraError: the package for this kind of database is missing.
    """
    engine = engine_of(url(database))
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise unusable(engine, error) from error
    return engine


def unusable(engine: Engine, error: Exception) -> CatalogError:
    """Return the error to raise when a database did not do as asked; a password is not in it."""
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return CatalogError(f"catalog {engine.url.render_as_string(hide_password=True)}: {reason}")


def engine_of(where: URL) -> Engine:
    """Return an engine, and make an SQLite file's folder; nothing is connected yet."""
    backend = where.get_backend_name()
    if backend == "sqlite" and where.database:
        Path(where.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = create_engine(where, pool_pre_ping=backend != "sqlite")
    except ImportError as error:
        raise MissingExtraError(f"a catalog in {backend}", DRIVERS[backend][1]) from error
    if backend == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to this version's form."""
    config = Config()
    config.set_main_option("script_location", "imagehub.librarian:migrations")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def writing(engine: Engine, stable: bool = False) -> Iterator[Connection]:
    """Give a transaction that writes: all of it happens, or nothing.

    With `stable` a power cut does not take it back: for what something outside of the catalog is to follow.
    """
    with engine.connect().execution_options(writes=True, stable=stable) as connection, connection.begin():
        yield connection


def clean(text: str, size: int | None = None) -> str:
    """Return a text that every database takes: control characters and halves of characters as escapes."""
    return one_line(text).encode(errors="backslashreplace").decode()[:size]


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: the driver would begin too late
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys=ON")
    _use_wal(cursor)
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Switch a new file to WAL. Of two processes that do so at once SQLite refuses one, without waiting."""
    deadline = time.monotonic() + BUSY_SECONDS
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # Who reads first and writes then would fail where another has written in between.
    options = connection.get_execution_options()
    writes = options.get("writes")
    if writes:
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('stable') else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
