"""Secrets that stand for a user, each for one purpose. The catalog holds digests of them."""

import secrets
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select

from imagehub.librarian.schema import tokens

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US
PREFIXES = {"api": "imh_"}  # what leaked is recognised by it


def digest(secret: str) -> str:
    """Return what the catalog holds of a secret."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def make(connection: Connection, purpose: str, user_id: int | None, now: int, end: int | None, **more: Any) -> str:
    """Make a secret that is good until `end`, for ever with None, and return it."""
    secret = PREFIXES.get(purpose, "") + secrets.token_urlsafe(32)
    fixed = {"purpose": purpose, "user_id": user_id, "digest": digest(secret), "created_us": now, "expires_us": end}
    connection.execute(insert(tokens).values(**{"name": "", "scopes": "", "used_us": None} | fixed | more))
    return secret


def find(connection: Connection, purpose: str, secret: str, now: int) -> Row[Any] | None:
    """Return the row of a secret, unless it is unknown, made for something else, or too old."""
    same = (tokens.c.digest == digest(secret)) & (tokens.c.purpose == purpose)
    return connection.execute(select(tokens).where(same, good_at(now))).first()


def good_at(now: int) -> ColumnElement[bool]:
    """Return what holds for rows that have not come to their end."""
    return tokens.c.expires_us.is_(None) | (tokens.c.expires_us > now)


def burn(connection: Connection, purpose: str, secret: str) -> bool:
    """Delete a secret, and tell whether it was there: of those who come at once, one is told so."""
    same = (tokens.c.digest == digest(secret)) & (tokens.c.purpose == purpose)
    return connection.execute(delete(tokens).where(same)).rowcount == 1


def end(connection: Connection, user_id: int, *purposes: str, keep: str = "") -> int:
    """Delete a user's secrets for these purposes, but not the secret `keep`; return how many went."""
    theirs = (tokens.c.user_id == user_id) & tokens.c.purpose.in_(purposes) & (tokens.c.digest != digest(keep))
    return connection.execute(delete(tokens).where(theirs)).rowcount
