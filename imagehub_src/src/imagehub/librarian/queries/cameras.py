"""Which cameras are there, and what are they set to?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, ScalarSelect, Table, select, update

from imagehub.librarian import audit, schema
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.schema import cameras as table
from imagehub.librarian.schema import events, images, nodes, regions
from imagehub.librarian.sight import Sight, condition

SIZES = {"type": schema.TYPE, "roi_names": 1000, "message": 1000, "thresholds": 1000}
MAX_VOTES = 20


@dataclass(frozen=True, slots=True)
class Camera:
    """One view of one node; the times are those of its newest image and event."""

    id: int
    node: str
    view: str
    name: str
    type: str
    display: bool
    check_objects: bool
    alpr: bool
    roi_names: tuple[str, ...]
    message: str
    notifications: bool
    tiles: bool
    thresholds: dict[str, float]
    votes: int | None
    last_image_us: int | None
    last_event_us: int | None


def cameras(connection: Connection, sight: Sight) -> list[Camera]:
    """Return the cameras that may be seen, by name."""
    found = _read(connection, condition(table.c.id, sight))
    return sorted(found, key=lambda camera: (camera.name.casefold(), camera.id))


def camera(connection: Connection, sight: Sight, id: int) -> Camera | None:  # noqa: A002
    """Return a camera; None if there is none, or none that may be seen."""
    found = _read(connection, (table.c.id == id) & condition(table.c.id, sight))
    return found[0] if found else None


def names(connection: Connection, sight: Sight) -> dict[int, str]:
    """Return the names of the cameras that may be seen, by id, in the order of the names."""
    wanted = select(table.c.id, nodes.c.name, table.c.view).join_from(table, nodes).where(condition(table.c.id, sight))
    named = {number: full_name(node, view) for number, node, view in connection.execute(wanted)}
    return dict(sorted(named.items(), key=lambda item: (item[1].casefold(), item[0])))


def zones(connection: Connection) -> list[str]:
    """Return the names of all zones that were drawn on cameras' pictures, for a choice of them."""
    wanted = select(regions.c.name).where(regions.c.use == "zone").distinct()
    return list(connection.execute(wanted.order_by(regions.c.name)).scalars())


def full_name(node: str, view: str) -> str:
    """Return what a camera is called."""
    return f"{node} {view}".strip()


def change_camera(  # noqa: PLR0913 - all that users decide, by name
    connection: Connection,
    actor: Actor,
    id: int,  # noqa: A002
    *,
    type: str,  # noqa: A002
    display: bool,
    check_objects: bool,
    alpr: bool,
    roi_names: Sequence[str],
    message: str,
    notifications: bool,
    tiles: bool,
    thresholds: Mapping[str, float],
    votes: int | None,
) -> None:
    """Set what users decide about a camera; the audit log says what changed.

    Raises:
        ValueFault: a text is too long, or has characters that it can't have; or a number is out of bounds.
        CatalogError: there is no such camera.
    """
    before = camera(connection, None, id)
    if before is None:
        raise CatalogError(f"there is no camera {id}: it was deleted, or never there")
    plain = {
        "display": display,
        "check_objects": check_objects,
        "alpr": alpr,
        "notifications": notifications,
        "tiles": tiles,
        "votes": _votes(votes),
    }
    texts = {"type": type.strip(), "roi_names": _joined(roi_names), "message": message.strip()}
    texts["thresholds"] = _as_json(thresholds)
    for field, text in texts.items():
        _check(field, text)
    old = asdict(before) | {"roi_names": ",".join(before.roi_names), "thresholds": _as_json(before.thresholds)}
    changed = {field: value for field, value in {**texts, **plain}.items() if value != old[field]}
    if changed:
        connection.execute(update(table).where(table.c.id == id).values(**changed))
        audit.note(connection, actor, "camera.edit", before.name, **changed)


def look_for_objects(connection: Connection, actor: Actor, id: int) -> None:  # noqa: A002
    """Have a camera's images looked into, if they are not yet."""
    found = camera(connection, None, id)
    if found is not None and not found.check_objects:
        connection.execute(update(table).where(table.c.id == id).values(check_objects=True))
        audit.note(connection, actor, "camera.edit", found.name, check_objects=True)


def _joined(roi_names: Sequence[str]) -> str:
    if any("," in name for name in roi_names):
        raise ValueFault("roi_names", "a region's name can't have a comma")
    return ",".join(name.strip() for name in roi_names if name.strip())


def _votes(votes: int | None) -> int | None:
    if votes is not None and not 1 <= votes <= MAX_VOTES:
        raise ValueFault("votes", f"go from 1 to {MAX_VOTES}; leave it empty for what the settings say")
    return votes


def _as_json(thresholds: Mapping[str, float]) -> str:
    named = {label.strip(): score for label, score in thresholds.items()}
    for label, score in named.items():
        if not label or len(label) > schema.NAME:
            raise ValueFault("thresholds", f"a label has 1 to {schema.NAME} characters")
        if not 0 <= score <= 1:
            raise ValueFault("thresholds", f"{label}: a score goes from 0 to 1")
    return json.dumps(named, ensure_ascii=False, sort_keys=True) if named else ""


def _check(field: str, text: str) -> None:
    if len(text) > SIZES[field]:
        raise ValueFault(field, f"has {len(text)} characters; give at most {SIZES[field]}")
    if not "".join(text.split()).isprintable():
        raise ValueFault(field, "has characters that can't be shown; type it anew")


def _read(connection: Connection, where: Any) -> list[Camera]:
    newest = _newest(images).label("last_image_us"), _newest(events).label("last_event_us")
    wanted = select(table, nodes.c.name.label("node"), *newest).join_from(table, nodes).where(where)
    return [_camera(row) for row in connection.execute(wanted)]


def _newest(of: Table) -> ScalarSelect[Any]:
    own = select(of.c.time_us).where(of.c.camera_id == table.c.id)
    shown = own.where(of.c.state == "stored") if of is images else own
    return shown.order_by(of.c.time_us.desc()).limit(1).correlate(table).scalar_subquery()


def _camera(row: Row[Any]) -> Camera:
    return Camera(
        id=row.id,
        node=row.node,
        view=row.view,
        name=full_name(row.node, row.view),
        type=row.type,
        display=row.display,
        check_objects=row.check_objects,
        alpr=row.alpr,
        roi_names=tuple(row.roi_names.split(",")) if row.roi_names else (),
        message=row.message,
        notifications=row.notifications,
        tiles=row.tiles,
        thresholds=json.loads(row.thresholds) if row.thresholds else {},
        votes=row.votes,
        last_image_us=row.last_image_us,
        last_event_us=row.last_event_us,
    )
