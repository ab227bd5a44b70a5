"""The audit log: what somebody changed, written in the same transaction as the change."""

import json
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from imagehub.librarian.catalog import clean
from imagehub.librarian.schema import audit_log

SECRETS = {"password", "passwords", "token", "tokens", "secret", "secrets", "url", "urls"}


@dataclass(frozen=True)
class Actor:
    """Who did it; `user_id` is None for what needs no account, such as the command line."""

    user_id: int | None
    name: str


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log."""

    id: int
    time_us: int
    actor: str
    action: str
    subject: str
    details: dict[str, Any]


def note(connection: Connection, actor: Actor, action: str, subject: str, **details: Any) -> None:
    """Log that `actor` did something to `subject`; it counts if the caller's transaction does.

    Raises:
        ValueError: a detail is named as a secret is; secrets don't belong here.
    """
    _check(details)
    values = {"user_id": actor.user_id, "actor": clean(actor.name, 100), "action": action}
    text = json.dumps(details)
    row = values | {"time_us": time.time_ns() // 1000, "subject": clean(subject, 200), "details": text}
    connection.execute(insert(audit_log).values(**row))


def _check(details: Any) -> None:
    for key, value in details.items() if isinstance(details, dict) else ():
        if str(key).lower().rpartition("_")[2] in SECRETS:
            raise ValueError(f"the audit log takes no secrets: {key}")
        _check(value)
    for value in details if isinstance(details, list | tuple) else ():
        _check(value)


def entries(
    connection: Connection, before_id: int | None, limit: int, user_id: int | None = None, action: str = ""
) -> list[AuditEntry]:
    """Return the newest entries, newest first: those older than `before_id`, of one user, of one action."""
    wanted = select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(audit_log.c.id < before_id)
    if user_id is not None:
        wanted = wanted.where(audit_log.c.user_id == user_id)
    if action:
        wanted = wanted.where(audit_log.c.action == action)
    return [
        AuditEntry(row.id, row.time_us, row.actor, row.action, row.subject, json.loads(row.details))
        for row in connection.execute(wanted)
    ]
