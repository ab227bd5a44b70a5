"""The outbox: what is to be sent, until it is sent or given up.

A notification is `waiting`, then `sending` while it is tried, and `sent` or `failed` in the end, or `waiting` again.
Each step is a transaction. One that is found `sending` at a start was under way when a librarian was killed: nobody can
know whether it arrived, so it is tried once more, with the same key.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, insert, select, update

from imagehub.librarian.audit import Actor, note
from imagehub.librarian.catalog import clean, writing
from imagehub.librarian.notify.message import masked
from imagehub.librarian.schema import cameras, images, nodes, notifications, rules

SECOND = 1_000_000
FIRST_WAIT_US = 5 * SECOND
LONGEST_WAIT_US = 3600 * SECOND
GIVE_UP_US = 24 * 3600 * SECOND
MAX_TITLE, MAX_ERROR = 200, 1000


@dataclass(frozen=True)
class Draft:
    """A notification to be sent. `cause` says what made it: of two with the same, the second is not sent."""

    cause: str
    channel: str
    target: str
    title: str
    text: str
    time_us: int
    rule_id: int | None = None
    camera_id: int | None = None
    image_id: int | None = None
    event_id: int | None = None


def put(connection: Connection, draft: Draft, now_us: int) -> bool:
    """Add to the outbox in the caller's transaction; return False, and add nothing, if its cause is there already."""
    same = select(notifications.c.id).where(notifications.c.cause == draft.cause)
    if connection.execute(same).first() is not None:
        return False
    values = vars(draft) | {"title": clean(draft.title, MAX_TITLE)}
    fresh = {"state": "waiting", "tries": 0, "error": "", "created_us": now_us, "due_us": now_us}
    connection.execute(insert(notifications).values(**values, **fresh))
    return True


def claim(engine: Engine, channel: str, now_us: int) -> Row[Any] | None:
    """Mark the next one that is due as `sending` and return it with the names that belong to it; None: none is due."""
    ours = (notifications.c.state == "waiting") & (notifications.c.channel == channel)
    wanted = select(notifications.c.id).where(ours, notifications.c.due_us <= now_us)
    with engine.connect() as connection:
        # What never was tried goes first: what waits for a dead server holds up nothing else for long.
        number = connection.execute(wanted.order_by(notifications.c.tries, notifications.c.due_us).limit(1)).scalar()
    if number is None:
        return None
    with writing(engine) as connection:
        tried = {"state": "sending", "tries": notifications.c.tries + 1}
        connection.execute(update(notifications).where(notifications.c.id == number).values(**tried))
        return connection.execute(_with_names(number)).one()


def _with_names(number: int) -> Select[Any]:
    sources = notifications.outerjoin(rules).outerjoin(images, notifications.c.image_id == images.c.id)
    sources = sources.outerjoin(cameras, notifications.c.camera_id == cameras.c.id)
    sources = sources.outerjoin(nodes, cameras.c.node_id == nodes.c.id)
    names = (rules.c.name.label("rule"), nodes.c.name.label("node"), cameras.c.view, images.c.path)
    return select(notifications, *names).select_from(sources).where(notifications.c.id == number)


def mark_sent(engine: Engine, number: int, now_us: int) -> None:
    """Say that it was sent."""
    _settle(engine, number, state="sent", error="", due_us=now_us)


def mark_failed(engine: Engine, row: Row[Any], error: str, hopeless: bool, now_us: int) -> bool:
    """Say why a try failed; return whether it is tried again."""
    due_us = now_us + min(FIRST_WAIT_US * 2 ** min(row.tries - 1, 30), LONGEST_WAIT_US)
    given_up = hopeless or due_us > row.created_us + GIVE_UP_US
    state = {"state": "failed"} if given_up else {"state": "waiting", "due_us": due_us}
    _settle(engine, row.id, error=clean(error, MAX_ERROR), **state)
    return not given_up


def _settle(engine: Engine, number: int, **values: object) -> None:
    with writing(engine) as connection:
        connection.execute(update(notifications).where(notifications.c.id == number).values(**values))


def take_back(engine: Engine, channel: str) -> int:
    """Let what was under way when a librarian ended be tried again; return how many that were."""
    under_way = (notifications.c.state == "sending") & (notifications.c.channel == channel)
    with writing(engine) as connection:
        return connection.execute(update(notifications).where(under_way).values(state="waiting")).rowcount


def again(connection: Connection, actor: Actor, number: int, now_us: int) -> bool:
    """Send a notification once more, as a new one; return False if there is no such notification."""
    row = connection.execute(select(notifications).where(notifications.c.id == number)).first()
    if row is None:
        return False
    copied = {name: getattr(row, name) for name in Draft.__dataclass_fields__}
    copy = Draft(**copied | {"cause": f"notification {number} again at {now_us}"})
    put(connection, copy, now_us)
    note(connection, actor, "notification.again", f"notification {number}", to=masked(row.target))
    return True
