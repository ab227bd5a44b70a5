"""Who is signed in, from where, and for how long.

All functions that change something want a connection of `catalog.writing`.
"""

import hmac
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import Connection, Engine, delete, select, update

from imagehub.librarian import audit, schema
from imagehub.librarian.accounts import keys, passwords, people, tries
from imagehub.librarian.accounts.errors import AccountError
from imagehub.librarian.accounts.people import User
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import clean, writing
from imagehub.librarian.schema import tokens

TOUCH_US = 5 * 60 * keys.SECOND_US


@dataclass(frozen=True)
class Session:
    """One browser that somebody is signed in with; `address` is where they signed in from."""

    id: int
    address: str
    created_us: int
    used_us: int


def sign_in(connection: Connection, name: str, password: str, address: str, now: int, days: int) -> tuple[User, str]:
    """Return the user with that password, and the secret of a new session; wrong tries are counted.

    Raises:
        AccountError: name or password are wrong, or the account is disabled. The try counts whatever the caller's
            transaction does: it is committed.
        HeldBackError: there were too many wrong tries; this one was not looked at.
    """
    with tries.turn:
        user = people.named(connection, name)
        limits = _limits(connection, user, people.tidy(name), address, now)
        tries.check(connection, limits, now)
        kept = "" if user is None else people.password_hash(connection, user.id)
        if not passwords.fits(password, kept) or user is None:
            tries.add(connection, limits, now)
            _fail(connection, user, name, address)
    if user.disabled:
        raise AccountError("this account is disabled: ask an administrator")
    tries.clear(connection, _pair(user.name, address), _account(user.name))
    if passwords.outdated(kept):
        people.set_password(connection, user.id, passwords.hashed(password))
    audit.note(connection, user.actor, "session.start", user.name, address=address)
    return user, _start(connection, user, address, now, days)


def _pair(name: str, address: str) -> str:
    return tries.who("pair", name, tries.network(address))


def _account(name: str) -> str:
    return tries.who("account", name)


def _limits(connection: Connection, user: User | None, name: str, address: str, now: int) -> dict[str, tries.Limit]:
    name = name if user is None else user.name
    limits = {_pair(name, address): tries.PAIR, tries.from_address(address): tries.ADDRESS}
    if user is None or not _knows(connection, user, address, now):
        limits[_account(name)] = tries.ACCOUNT
    return limits


def _knows(connection: Connection, user: User, address: str, now: int) -> bool:
    """Tell whether the user is signed in from there already; strangers' tries don't slow them down then."""
    theirs = (tokens.c.user_id == user.id) & (tokens.c.purpose == "session") & keys.good_at(now)
    there = select(tokens.c.id).where(theirs, tokens.c.name == clean(address, schema.NAME)).limit(1)
    return connection.execute(there).first() is not None


def _fail(connection: Connection, user: User | None, name: str, address: str) -> NoReturn:
    # What is no name may be a password in the wrong field.
    shown = user.name if user else f"{clean(name)[:3]}..."
    audit.note(connection, Actor(None, ""), "session.fail", shown, address=address)
    connection.commit()
    raise AccountError("name or password are wrong")


def _start(connection: Connection, user: User, address: str, now: int, days: int) -> str:
    end = now + days * keys.DAY_US
    return keys.make(connection, "session", user.id, now, end, used_us=now, name=clean(address, schema.NAME))


def session(connection: Connection, secret: str, now: int, days: int) -> User | None:
    """Return who is signed in by that secret; None: nobody, or they did not come back for `days`. Changes nothing."""
    row = keys.find(connection, "session", secret, now)
    if row is None or row.used_us + days * keys.DAY_US <= now:
        return None
    user = people.user(connection, row.user_id)
    return None if user is None or user.disabled else user


def touch(engine: Engine, secret: str, now: int, days: int) -> None:
    """Keep that the secret of a session or an API token was used, at most every 5 minutes, in a short transaction."""
    stale = (tokens.c.digest == keys.digest(secret)) & (
        tokens.c.used_us.is_(None) | (tokens.c.used_us <= now - TOUCH_US)
    )
    with engine.connect() as connection:
        purpose = connection.execute(select(tokens.c.purpose).where(stale, keys.good_at(now))).scalar()
    if purpose is None:
        return
    later = {"expires_us": now + days * keys.DAY_US} if purpose == "session" else {}
    with writing(engine) as connection:
        connection.execute(update(tokens).where(stale).values(used_us=now, **later))


def sign_out(connection: Connection, secret: str) -> None:
    """End the session of that secret, if there is one."""
    row = connection.execute(select(tokens).where(tokens.c.digest == keys.digest(secret))).first()
    if row is not None and keys.burn(connection, "session", secret):
        user = people.user(connection, row.user_id)
        if user is not None:
            audit.note(connection, user.actor, "session.end", user.name)


def sessions_of(connection: Connection, user_id: int) -> list[Session]:
    """Return a user's sessions, the last used first."""
    theirs = (tokens.c.user_id == user_id) & (tokens.c.purpose == "session")
    rows = connection.execute(select(tokens).where(theirs).order_by(tokens.c.used_us.desc()))
    return [Session(row.id, row.name, row.created_us, row.used_us) for row in rows]


def end_session(connection: Connection, actor: Actor, session_id: int) -> None:
    """End a session: one of the actor's own, or anybody's if they are an administrator.

    Raises:
        AccountError: there is none, or it is not theirs.
    """
    owner = remove(connection, actor, "session", session_id)
    audit.note(connection, actor, "session.end", owner.name)


def end_all(connection: Connection, actor: Actor, user_id: int, keep: str = "") -> None:
    """End all sessions of a user, but not that of the secret `keep`; callers check who may."""
    owner = people.user(connection, user_id)
    if owner is not None and (count := keys.end(connection, user_id, "session", keep=keep)):
        audit.note(connection, actor, "session.end", owner.name, count=count)


def remove(connection: Connection, actor: Actor, purpose: str, row_id: int) -> User:
    """Delete a secret by its row and return its owner; raise AccountError unless it is the actor's to delete."""
    same = (tokens.c.id == row_id) & (tokens.c.purpose == purpose)
    owner_id = connection.execute(select(tokens.c.user_id).where(same)).scalar()
    owner = None if owner_id is None else people.user(connection, owner_id)
    if owner is None or not _may(connection, actor, owner):
        raise AccountError("there is no such entry any more")
    connection.execute(delete(tokens).where(same))
    return owner


def _may(connection: Connection, actor: Actor, owner: User) -> bool:
    if actor.user_id is None or actor.user_id == owner.id:
        return True
    user = people.user(connection, actor.user_id)
    return user is not None and user.is_administrator


def form_token(session_secret: str) -> str:
    """Return what each form of a session carries, and no foreign page knows."""
    return hmac.digest(session_secret.encode(errors="surrogatepass"), b"form", "sha256").hex()


def form_token_fits(session_secret: str, given: str) -> bool:
    """Tell whether a form was made for this session."""
    return hmac.compare_digest(form_token(session_secret).encode(), given.encode(errors="surrogatepass"))
