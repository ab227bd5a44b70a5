"""What databases say they will do for the statements that were executed: which tables they read from end to end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

# Tables that grow with what the hub sends. The others are small: one row for each camera, day, label or rule.
LARGE = ("images", "events", "detections", "plate_sightings", "tracks", "jobs")
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
    if connection.dialect.name == "postgresql":
        # It scans what has few pages, as a test's tables have; with this it does where no index helps, and only there.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    reads = {statement.text: statement for statement in statements if _explainable(statement.text)}
    return [
        f"{table}: {statement.text}"
        for statement in reads.values()
        for table in _scanned(connection, statement)
        if table in LARGE
    ]


def _explainable(text: str) -> bool:
    return text.lstrip("( ").upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT"))


def _scanned(connection: Connection, statement: Statement) -> Iterator[str]:
    sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
    rows = connection.exec_driver_sql(f"{explain} {statement.text}", statement.parameters).all()
    lines = [str(row[-1]) for row in rows]
    aliases = {alias: table for table, alias in ALIAS.findall(statement.text)}
    for line in lines:
        match = SQLITE_SCAN.match(line) if sqlite else POSTGRESQL_SCAN.search(line)
        if match and not (sqlite and _ends_early(line, lines, statement.text)):
            yield aliases.get(str(match[1]), str(match[1]))


def _ends_early(line: str, lines: list[str], text: str) -> bool:
    """Tell whether a scan follows an index in the order that is asked for, and ends where the page is full.

    The newest rows of all cameras are read so. Where the order is not the index's, SQLite names a step that sorts.
    """
    sorts = any("TEMP B-TREE" in one for one in lines)
    return " USING " in line and " INDEX " in line and not sorts and " LIMIT " in text
