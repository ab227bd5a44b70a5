"""The log of what was sent, or is still to be."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from imagehub.librarian.notify.message import masked
from imagehub.librarian.schema import cameras, nodes, notifications, rules
from imagehub.librarian.sight import Sight, condition


class Sent(NamedTuple):
    """One line of the log; of the target only what may be shown. `rule` and `camera` are empty where there is none."""

    id: int
    rule: str
    camera: str
    camera_id: int | None
    image_id: int | None
    event_id: int | None
    channel: str
    target: str
    title: str
    text: str
    state: str
    tries: int
    error: str
    time_us: int
    created_us: int
    due_us: int


def sent(connection: Connection, sight: Sight, before_id: int | None, limit: int) -> list[Sent]:
    """Return the newest notifications, newest first: those older than `before_id`, about cameras in sight."""
    sources = notifications.outerjoin(rules).outerjoin(cameras, notifications.c.camera_id == cameras.c.id)
    sources = sources.outerjoin(nodes, cameras.c.node_id == nodes.c.id)
    names = (rules.c.name.label("rule"), nodes.c.name.label("node"), cameras.c.view)
    wanted = select(notifications, *names).select_from(sources).where(condition(notifications.c.camera_id, sight))
    if before_id is not None:
        wanted = wanted.where(notifications.c.id < before_id)
    found = connection.execute(wanted.order_by(notifications.c.id.desc()).limit(limit)).mappings()
    return [_line(dict(row)) for row in found]


def _line(row: dict[str, Any]) -> Sent:
    camera = f"{row['node'] or ''} {row['view'] or ''}".strip()
    shown = row | {"rule": row["rule"] or "", "camera": camera, "target": masked(row["target"])}
    return Sent(**{name: shown[name] for name in Sent._fields})
