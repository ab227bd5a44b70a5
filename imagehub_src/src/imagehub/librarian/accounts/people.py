"""The people who may look at the catalog, and what each may do and see."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from imagehub.librarian import audit, schema
from imagehub.librarian.accounts import keys
from imagehub.librarian.accounts.errors import AccountError
from imagehub.librarian.audit import Actor
from imagehub.librarian.sight import Sight

ROLES = ("administrator", "viewer")
INVITATION_US = 72 * keys.HOUR_US
MAIL = re.compile(r"[^@\s]+@[^@\s]+")

_users, _cameras = schema.users, schema.user_cameras


@dataclass(frozen=True)
class User:
    """Somebody with an account. An administrator sees all cameras."""

    id: int
    name: str
    mail: str
    role: str
    disabled: bool
    cameras: Sight
    created_us: int

    @property
    def is_administrator(self) -> bool:
        """Whether they may change everything."""
        return self.role == "administrator"

    @property
    def actor(self) -> Actor:
        """They, as the audit log names them."""
        return Actor(self.id, self.name)


def users(connection: Connection, *conditions: ColumnElement[bool]) -> list[User]:
    """Return the users, by name: all, or those whose rows meet the conditions."""
    rows = connection.execute(select(_users).where(*conditions).order_by(_users.c.name)).all()
    seen: dict[int, set[int]] = {row.id: set() for row in rows if row.restricted}
    for user_id, camera_id in connection.execute(select(_cameras).where(_cameras.c.user_id.in_(seen))):
        seen[user_id].add(camera_id)
    return [
        User(row.id, row.name, row.mail, row.role, row.disabled, _sight(seen.get(row.id)), row.created_us)
        for row in rows
    ]


def _sight(cameras: set[int] | None) -> Sight:
    return None if cameras is None else frozenset(cameras)


def user(connection: Connection, user_id: int) -> User | None:
    """Return a user, if there is one of that id."""
    return next(iter(users(connection, _users.c.id == user_id)), None)


def named(connection: Connection, name: str) -> User | None:
    """Return a user, if there is one of that name."""
    return next(iter(users(connection, _users.c.name == tidy(name))), None)


def tidy(name: str) -> str:
    """Return a name as it is kept, however it was typed; characters that no name has become question marks."""
    text = unicodedata.normalize("NFC", name).strip()
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def insert_user(
    connection: Connection, name: str, mail: str, role: str, cameras: Sight, now: int, password_hash: str = ""
) -> User:
    """Add a row and return its user; raise AccountError for what can't be one."""
    name = _checked_name(name)
    values = {"name": name, "mail": checked_mail(mail), "role": _checked_role(role), "password_hash": password_hash}
    row = insert(_users).values(**values, disabled=False, restricted=False, created_us=now)
    with _refusing(f"there is a user {name} already: take another name"):
        connection.execute(row)
    made = _required(named(connection, name))
    _restrict(connection, made.id, role, cameras)
    return _required(user(connection, made.id))


def add_user(
    connection: Connection, actor: Actor, name: str, mail: str, role: str, cameras: Sight, now: int
) -> tuple[User, str]:
    """Add a user, and return them with a secret, good for 72 hours, by which they choose their password.

    Raises:
        AccountError: the name is taken, or something given is not what it should be.
    """
    made = insert_user(connection, name, mail, role, cameras, now)
    audit.note(connection, actor, "user.add", made.name, role=made.role, cameras=_listed(made.cameras))
    return made, keys.make(connection, "reset", made.id, now, now + INVITATION_US)


def change_user(
    connection: Connection, actor: Actor, user_id: int, *, mail: str, role: str, disabled: bool, cameras: Sight
) -> User:
    """Change a user and return them; one who is disabled or gets another role is signed out everywhere.

    Raises:
        AccountError: there is no such user, it is the last administrator, or something given is not what it should be.
    """
    before = _required(user(connection, user_id))
    if disabled or role != "administrator":
        _keep_an_administrator(connection, user_id)
    values = {"mail": checked_mail(mail), "role": _checked_role(role), "disabled": disabled}
    connection.execute(update(_users).where(_users.c.id == user_id).values(**values))
    _restrict(connection, user_id, role, cameras)
    after = _required(user(connection, user_id))
    if after.disabled or after.role != before.role:
        keys.end(connection, user_id, "session")
    if after.disabled or after.mail != before.mail:  # links went to the old address
        keys.end(connection, user_id, "reset")
    audit.note(connection, actor, "user.change", after.name, **_differences(before, after))
    return after


def remove_user(connection: Connection, actor: Actor, user_id: int) -> None:
    """Remove a user with all their secrets; the audit log keeps their name.

    Raises:
        AccountError: there is no such user, or it is the last administrator.
    """
    gone = _required(user(connection, user_id))
    _keep_an_administrator(connection, user_id)
    audit.note(connection, actor, "user.remove", gone.name)
    connection.execute(delete(_users).where(_users.c.id == user_id))


def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Keep the hash of a password that was checked."""
    connection.execute(update(_users).where(_users.c.id == user_id).values(password_hash=password_hash))


def password_hash(connection: Connection, user_id: int) -> str:
    """Return what is kept of a user's password; empty: there is none."""
    return connection.execute(select(_users.c.password_hash).where(_users.c.id == user_id)).scalar() or ""


def anyone(connection: Connection) -> bool:
    """Tell whether there is somebody with a password."""
    return connection.execute(select(_users.c.id).where(_users.c.password_hash != "").limit(1)).first() is not None


def checked_mail(mail: str) -> str:
    """Return an address for mail, or nothing for nothing; raise AccountError for anything else."""
    mail = mail.strip()
    if mail and not (len(mail) <= 254 and mail.isprintable() and MAIL.fullmatch(mail)):
        raise AccountError("the mail address is none: give one as name@example.org, or leave it empty")
    return mail


def _checked_name(name: str) -> str:
    kept = tidy(name)
    if not 0 < len(kept) <= schema.NAME or kept != unicodedata.normalize("NFC", name).strip():
        raise AccountError(f"give a name of 1 to {schema.NAME} letters, digits and signs")
    return kept


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise AccountError(f"there is no role {role!r}: take one of {', '.join(ROLES)}")
    return role


def _required(found: User | None) -> User:
    if found is None:
        raise AccountError("there is no such user any more")
    return found


def _restrict(connection: Connection, user_id: int, role: str, cameras: Sight) -> None:
    cameras = None if role == "administrator" else cameras
    connection.execute(update(_users).where(_users.c.id == user_id).values(restricted=cameras is not None))
    connection.execute(delete(_cameras).where(_cameras.c.user_id == user_id))
    if cameras:
        with _refusing("one of the cameras is not there: choose from the list again"):
            rows = [{"user_id": user_id, "camera_id": camera} for camera in sorted(cameras)]
            connection.execute(insert(_cameras), rows)


def _keep_an_administrator(connection: Connection, user_id: int) -> None:
    # Their rows are locked: two administrators who take each other's role at the same time would both succeed.
    able = (_users.c.role == "administrator") & (_users.c.disabled.is_(False)) & (_users.c.password_hash != "")
    ids = connection.execute(select(_users.c.id).where(able).with_for_update()).scalars().all()
    if list(ids) == [user_id]:
        raise AccountError("this is the last administrator: make another user one first")


@contextmanager
def _refusing(reason: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise AccountError(reason) from error


def _differences(before: User, after: User) -> dict[str, Any]:
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in ("mail", "role", "disabled")}
    pairs["cameras"] = (_listed(before.cameras), _listed(after.cameras))
    return {name: {"from": old, "to": new} for name, (old, new) in pairs.items() if old != new}


def _listed(cameras: Sight) -> list[int] | None:
    return None if cameras is None else sorted(cameras)
