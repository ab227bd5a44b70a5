"""The rules that users made."""

import json
import logging
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from imagehub.librarian import notify, schema
from imagehub.librarian.audit import Actor, note
from imagehub.librarian.rules.reading import as_document, read
from imagehub.librarian.rules.rule import Rule, RuleError

log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """A rule with its number. `low_us`: since when the disk is low for it, if it is."""

    id: int
    rule: Rule
    created_us: int
    low_us: int | None


def listed(connection: Connection) -> list[Kept]:
    """Return all rules by their names; one that another version made, and that can't be read, is logged instead."""
    return list(_readable(connection))


def _readable(connection: Connection) -> Iterator[Kept]:
    for row in connection.execute(select(schema.rules).order_by(schema.rules.c.name)):
        try:
            yield _kept(row)
        except RuleError as error:
            log.error("rule %r is not watched: %s", row.name, error)


def get(connection: Connection, number: int) -> Kept | None:
    """Return a rule, or None if there is none with this number.

    Raises:
        RuleError: another version made it, and it can't be read.
    """
    row = connection.execute(select(schema.rules).where(schema.rules.c.id == number)).first()
    return _kept(row) if row else None


def create(connection: Connection, actor: Actor, rule: Rule) -> int:
    """Add a rule and return its number.

    Raises:
        RuleError: another rule has its name.
    """
    _check_name(connection, rule, 0)
    values = _values(rule) | {"created_us": time.time_ns() // 1000}
    made = connection.execute(insert(schema.rules).values(**values)).inserted_primary_key
    assert made is not None
    note(connection, actor, "rule.create", rule.name, **_details(rule))
    return int(made[0])


def change(connection: Connection, actor: Actor, number: int, rule: Rule) -> bool:
    """Put a rule in another's place; return False if there is none with this number.

    Raises:
        RuleError: another rule has its name.
    """
    _check_name(connection, rule, number)
    where = schema.rules.c.id == number
    if connection.execute(select(schema.rules.c.id).where(where)).first() is None:
        return False
    connection.execute(update(schema.rules).where(where).values(**_values(rule)))
    note(connection, actor, "rule.change", rule.name, **_details(rule))
    return True


def remove(connection: Connection, actor: Actor, number: int) -> bool:
    """Delete a rule; what it sent stays in the log. Return False if there is none with this number."""
    where = schema.rules.c.id == number
    name = connection.execute(select(schema.rules.c.name).where(where)).scalar()
    if name is None:
        return False
    connection.execute(delete(schema.rules).where(where))
    note(connection, actor, "rule.remove", name)
    return True


def _kept(row: Row[Any]) -> Kept:
    stored = {"conditions": _parsed(row.conditions), "actions": _parsed(row.actions)}
    plain = {"name": row.name, "enabled": row.enabled, "cooldown_seconds": row.cooldown_seconds}
    return Kept(row.id, read(plain | stored), row.created_us, row.low_us)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _values(rule: Rule) -> dict[str, Any]:
    document = as_document(rule)
    return document | {name: json.dumps(document[name]) for name in ("conditions", "actions")}


def _check_name(connection: Connection, rule: Rule, number: int) -> None:
    same = (schema.rules.c.name == rule.name) & (schema.rules.c.id != number)
    if connection.execute(select(schema.rules.c.id).where(same)).first():
        raise RuleError([f"name: there is another rule {rule.name!r}; choose another name"])


def _details(rule: Rule) -> dict[str, Any]:
    actions = [{"channel": action.channel, "target": notify.masked(action.target)} for action in rule.actions]
    return as_document(rule) | {"actions": actions}
