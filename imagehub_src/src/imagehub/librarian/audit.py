"""Who changed what: the audit log."""

import json
import time
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from imagehub.librarian.schema import audit_log


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something; `user_id` is None where no account stands behind it."""

    user_id: int | None
    name: str


def note(connection: Connection, actor: Actor, action: str, subject: str, **details: object) -> None:
    """Write down, in the caller's transaction, that somebody did something."""
    row = {"time_us": time.time_ns() // 1000, "user_id": actor.user_id, "actor": actor.name}
    words = {"action": action, "subject": subject, "details": json.dumps(details)}
    connection.execute(insert(audit_log).values(**row, **words))
