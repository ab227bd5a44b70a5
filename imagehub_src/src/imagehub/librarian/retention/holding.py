"""Holds: images, and spans of time, that retention leaves alone."""

import time
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select, update

from imagehub.librarian.audit import Actor, note
from imagehub.librarian.catalog import clean
from imagehub.librarian.retention.errors import RetentionError
from imagehub.librarian.retention.policy import check_camera
from imagehub.librarian.schema import NAME, images
from imagehub.librarian.schema import holds as table
from imagehub.librarian.sight import Sight, condition

MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Hold:
    """A span of time of one camera (None: all) that is held; its end does not belong to it."""

    id: int
    camera_id: int | None
    start_us: int
    end_us: int
    reason: str
    actor: str
    created_us: int


def hold_image(connection: Connection, actor: Actor, image_id: int, hold: bool) -> None:
    """Hold an image, or let it go again.

    Raises:
        RetentionError: there is no such image, or it is being deleted.
    """
    stored = (images.c.id == image_id) & (images.c.state == "stored")
    if connection.execute(select(images.c.id).where(stored).with_for_update()).first() is None:
        raise RetentionError(f"there is no image {image_id}, or it is being deleted")
    connection.execute(update(images).where(stored).values(hold=hold))
    note(connection, actor, "image.hold" if hold else "image.release", f"image {image_id}")


def hold_span(
    connection: Connection, actor: Actor, camera_id: int | None, start_us: int, end_us: int, reason: str
) -> int:
    """Hold what a camera (None: all) sent from `start_us` until before `end_us`; return the hold's id.

    Raises:
        RetentionError: the span is empty, the reason is too long, or there is no such camera.
    """
    if not 0 <= start_us < end_us < 1 << 63:
        raise RetentionError("the span ends before it begins")
    if len(reason) > MAX_REASON:
        raise RetentionError(f"the reason is longer than {MAX_REASON} characters")
    check_camera(connection, camera_id)
    span = {"camera_id": camera_id, "start_us": start_us, "end_us": end_us}
    words = {"reason": clean(reason, MAX_REASON), "actor": clean(actor.name, NAME)}
    made = connection.execute(insert(table).values(**span, **words, created_us=time.time_ns() // 1000))
    assert made.inserted_primary_key is not None
    number = int(made.inserted_primary_key[0])
    note(connection, actor, "hold.add", f"hold {number}", **span, reason=reason)
    return number


def holds(connection: Connection, sight: Sight = None) -> list[Hold]:
    """Return the held spans that concern the cameras to be seen, newest first."""
    seen = or_(table.c.camera_id.is_(None), condition(table.c.camera_id, sight))
    columns = [table.c[name] for name in Hold.__dataclass_fields__]
    return [Hold(*row) for row in connection.execute(select(*columns).where(seen).order_by(table.c.id.desc()))]


def release(connection: Connection, actor: Actor, hold_id: int) -> None:
    """End a held span.

    Raises:
        RetentionError: there is none with this id.
    """
    if connection.execute(delete(table).where(table.c.id == hold_id)).rowcount == 0:
        raise RetentionError(f"there is no hold {hold_id}")
    note(connection, actor, "hold.release", f"hold {hold_id}")
