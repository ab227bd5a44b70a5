"""Tokens by which programs use the API in a user's name."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, select

from imagehub.librarian import audit, schema
from imagehub.librarian.accounts import keys, people, sessions, tries
from imagehub.librarian.accounts.errors import AccountError
from imagehub.librarian.accounts.people import User
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import clean, writing
from imagehub.librarian.schema import tokens

# `read`: pictures and events; `write`: change cameras, rules, holds and retention, delete images;
# `admin`: users, tokens and the audit log. None of them includes another.
SCOPES = ("read", "write", "admin")


@dataclass(frozen=True)
class Token:
    """A token, as its owner sees it: the secret is shown once, when it is made."""

    id: int
    name: str
    scopes: frozenset[str]
    created_us: int
    expires_us: int | None
    used_us: int | None


def allowed(user: User) -> frozenset[str]:
    """Return the scopes that a user's tokens may have."""
    return frozenset(SCOPES if user.is_administrator else ("read",))


def make_token(
    connection: Connection, user: User, name: str, scopes: Iterable[str], expires_us: int | None, now: int
) -> str:
    """Make a token for a user and return its secret, which is kept nowhere.

    Raises:
        AccountError: it has no name, no scopes, some that the user may not give, or its end has passed.
    """
    given = frozenset(scopes)
    if not clean(name).strip():
        raise AccountError("give the token a name, such as what uses it")
    if not given or not given <= allowed(user):
        raise AccountError(f"choose scopes among these: {', '.join(sorted(allowed(user)))}")
    if expires_us is not None and expires_us <= now:
        raise AccountError("the token would have ended already: choose a later time")
    kept = {"name": clean(name.strip(), schema.NAME), "scopes": " ".join(sorted(given))}
    audit.note(connection, user.actor, "token.make", kept["name"], scopes=sorted(given), expires_us=expires_us)
    return keys.make(connection, "api", user.id, now, expires_us, **kept)


def tokens_of(connection: Connection, user_id: int) -> list[Token]:
    """Return a user's tokens, the newest first."""
    theirs = (tokens.c.user_id == user_id) & (tokens.c.purpose == "api")
    rows = connection.execute(select(tokens).where(theirs).order_by(tokens.c.id.desc()))
    return [
        Token(row.id, row.name, frozenset(row.scopes.split()), row.created_us, row.expires_us, row.used_us)
        for row in rows
    ]


def revoke(connection: Connection, actor: Actor, token_id: int) -> None:
    """End a token: one of the actor's own, or anybody's if they are an administrator.

    Raises:
        AccountError: there is none, or it is not theirs.
    """
    owner = sessions.remove(connection, actor, "api", token_id)
    audit.note(connection, actor, "token.revoke", owner.name, number=token_id)


def token(connection: Connection, secret: str, address: str, now: int) -> tuple[User, frozenset[str]] | None:
    """Return whom a token stands for, and what it allows, which is never more than they may; None: it is wrong.

    A good one only reads. A wrong one counts as a wrong try of the address, in a transaction of its own unless the
    connection is one of `catalog.writing`.

    Raises:
        HeldBackError: it is wrong, and there were too many wrong tries from that address.
    """
    row = keys.find(connection, "api", secret, now)
    user = None if row is None else people.user(connection, row.user_id)
    if row is not None and user is not None and not user.disabled:
        return user, frozenset(row.scopes.split()) & allowed(user)
    limits = {tries.from_address(address): tries.ADDRESS}
    tries.check(connection, limits, now)
    with _writing(connection) as own:
        tries.add(own, limits, now)
    return None


@contextmanager
def _writing(connection: Connection) -> Iterator[Connection]:
    if connection.get_execution_options().get("writes"):
        yield connection
        return
    with writing(connection.engine) as own:
        yield own
