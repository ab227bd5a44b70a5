"""The policies that users set: for how long, or up to which size, images are kept."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from imagehub.librarian.audit import Actor, note
from imagehub.librarian.retention.errors import RetentionError
from imagehub.librarian.schema import cameras, retention

DAY_CLASSES = ("any", "eventful", "quiet")
MAX_KEEP_DAYS = 36_500
MAX_KEEP_BYTES = 1 << 60


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for a camera (None: all) and a class of days: days to keep, bytes at most; None: not said."""

    id: int
    camera_id: int | None
    day_class: str
    keep_days: int | None
    keep_bytes: int | None

    def covers(self, camera_id: int, eventful: bool) -> bool:
        """Tell whether it is about such a day of a camera."""
        classes = {"any", "eventful" if eventful else "quiet"}
        return self.camera_id in {None, camera_id} and self.day_class in classes


def policies(connection: Connection) -> list[Policy]:
    """Return all policies: those for all cameras first, then camera by camera."""
    found = [Policy(*row) for row in connection.execute(select(*[retention.c[name] for name in _NAMES]))]
    return sorted(found, key=lambda policy: (policy.camera_id or 0, DAY_CLASSES.index(policy.day_class)))


def keep_days(known: list[Policy], camera_id: int, eventful: bool) -> int | None:
    """Return for how many days such images are kept, which the closest policy that says so tells; None: for ever."""
    saying = [policy for policy in known if policy.keep_days is not None and policy.covers(camera_id, eventful)]
    closest = max(saying, key=lambda policy: (policy.camera_id is not None, policy.day_class != "any"), default=None)
    return closest.keep_days if closest else None


def set_policy(
    connection: Connection,
    actor: Actor,
    camera_id: int | None,
    day_class: str,
    keep_days: int | None,
    keep_bytes: int | None,
) -> int:
    """Set what holds for a camera (None: all) and a class of days, in place of what did; return the policy's id.

    Raises:
        RetentionError: a value is out of its range, or there is no such camera.
    """
    _check(connection, camera_id, day_class, keep_days, keep_bytes)
    values = {"keep_days": keep_days, "keep_bytes": keep_bytes}
    same = _about(camera_id) & (retention.c.day_class == day_class)
    number = connection.execute(select(retention.c.id).where(same).with_for_update()).scalars().first()
    if number is None:
        row = insert(retention).values(camera_id=camera_id, day_class=day_class, **values)
        key = connection.execute(row).inserted_primary_key
        assert key is not None
        number = key[0]
    else:
        connection.execute(update(retention).where(retention.c.id == number).values(**values))
    note(connection, actor, "retention.set", _subject(camera_id, day_class), **values)
    return int(number)


def remove_policy(connection: Connection, actor: Actor, policy_id: int) -> None:
    """Remove a policy.

    Raises:
        RetentionError: there is none with this id.
    """
    row = connection.execute(select(retention).where(retention.c.id == policy_id)).first()
    if row is None:
        raise RetentionError(f"there is no policy {policy_id}")
    connection.execute(delete(retention).where(retention.c.id == policy_id))
    note(connection, actor, "retention.remove", _subject(row.camera_id, row.day_class))


_NAMES = ("id", "camera_id", "day_class", "keep_days", "keep_bytes")


def _check(connection: Connection, camera_id: int | None, day_class: str, days: int | None, size: int | None) -> None:
    if day_class not in DAY_CLASSES:
        raise RetentionError(f"{day_class!r} is no class of days: {', '.join(DAY_CLASSES)}")
    if days is None and size is None:
        raise RetentionError("give the days to keep, the bytes to keep, or both")
    if days is not None and not 1 <= days <= MAX_KEEP_DAYS:
        raise RetentionError(f"{days} days to keep: from 1 to {MAX_KEEP_DAYS}")
    if size is not None and not 1 <= size <= MAX_KEEP_BYTES:
        raise RetentionError(f"{size} bytes to keep: from 1 to {MAX_KEEP_BYTES}")
    check_camera(connection, camera_id)


def check_camera(connection: Connection, camera_id: int | None) -> None:
    """Raise RetentionError unless there is such a camera, or all are meant."""
    wanted = select(cameras.c.id).where(cameras.c.id == camera_id)
    if camera_id is not None and connection.execute(wanted).first() is None:
        raise RetentionError(f"there is no camera {camera_id}")


def _about(camera_id: int | None) -> ColumnElement[bool]:
    return retention.c.camera_id.is_(None) if camera_id is None else retention.c.camera_id == camera_id


def _subject(camera_id: int | None, day_class: str) -> str:
    return f"{'all cameras' if camera_id is None else f'camera {camera_id}'}, {day_class} days"
