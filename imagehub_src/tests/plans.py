"""What databases say they will do for the statements that were executed: which tables they read from end to end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

# Tables that grow with what the hub sends. The others are small: one row for each camera, day, label or rule.
LARGE = ("images", "events", "detections", "plate_sightings")
# SQLite: `SCAN images`, `SCAN other USING INDEX ...`; PostgreSQL: `Seq Scan on images other`.
SQLITE_SCAN = re.compile(r"^SCAN (\w+)")
POSTGRESQL_SCAN = re.compile(r"Seq Scan on (\w+)")
ALIAS = re.compile(r"\b(?:FROM|JOIN|,)\s+(\w+) AS (\w+)")


@dataclass(frozen=True)
class Statement:
    """A statement as it was executed."""

    text: str
    parameters: Any


@contextmanager
def executed(engine: Engine) -> Iterator[list[Statement]]:
    """Give a list to which each statement is added that the engine executes meanwhile."""
    found: list[Statement] = []

    def note(_: object, __: object, text: str, parameters: Any, *___: object) -> None:
        found.append(Statement(text, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scans(connection: Connection, statements: list[Statement]) -> list[str]:
    """Return a line for each large table that one of these statements reads from end to end."""
    reads = {statement.text: statement for statement in statements if _explainable(statement.text)}
    return [
        f"{table}: {statement.text}"
        for statement in reads.values()
        for table in _scanned(connection, statement)
        if table in LARGE
    ]


def _explainable(text: str) -> bool:
    return text.lstrip("( ").upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE"))


def _scanned(connection: Connection, statement: Statement) -> list[str]:
    sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
    rows = connection.exec_driver_sql(f"{explain} {statement.text}", statement.parameters).all()
    lines = [str(row[-1]) for row in rows]
    matches = [(SQLITE_SCAN.match if sqlite else POSTGRESQL_SCAN.search)(line) for line in lines]
    aliases = {alias: table for table, alias in ALIAS.findall(statement.text)}
    return [aliases.get(match[1], match[1]) for match in matches if match and not _ends_early(statement.text, match)]


def _ends_early(text: str, match: re.Match[str]) -> bool:
    """Tell whether a scan follows an index in the order that is asked for, and ends where the page is full.

    The newest rows of all cameras are read so: `SCAN images USING INDEX ix_images_time_us`, with a limit. SQLite names a
    step more, `USE TEMP B-TREE FOR ORDER BY`, where the order is not the index's.
    """
    return False
