"""Puts what a rule sends into the outbox."""

from sqlalchemy import Connection, select

from imagehub.librarian import notify
from imagehub.librarian.rules.deciding import Cooldown
from imagehub.librarian.rules.kept import Kept
from imagehub.librarian.schema import notifications


def cooldown(connection: Connection) -> Cooldown:
    """Return the cooldown of all rules, as the log of notifications has it."""

    def last(rule_id: int, camera_id: int | None) -> int | None:
        same = (notifications.c.rule_id == rule_id) & (notifications.c.camera_id == camera_id)
        wanted = select(notifications.c.time_us).where(same).order_by(notifications.c.time_us.desc()).limit(1)
        return connection.execute(wanted).scalar()

    return Cooldown(last)


def told(connection: Connection, rule_id: int, cause: str) -> bool:
    """Tell whether the rule fired for that before."""
    same = select(notifications.c.id).where(notifications.c.cause == _cause(rule_id, 0, cause))
    return connection.execute(same).first() is not None


def fire(connection: Connection, kept: Kept, draft: notify.Draft, now_us: int) -> int:
    """Add one notification for each action; `draft` has what they share. Return how many are new."""
    shared = vars(draft) | {"rule_id": kept.id}
    drafts = [
        notify.Draft(
            **shared
            | {
                "cause": _cause(kept.id, at, draft.cause),
                "channel": action.channel,
                "target": action.target,
            }
        )
        for at, action in enumerate(kept.rule.actions)
    ]
    return sum(notify.put(connection, one, now_us) for one in drafts)


def _cause(rule_id: int, action: int, cause: str) -> str:
    return f"rule {rule_id} action {action} {cause}"
