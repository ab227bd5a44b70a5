"""Secrets: the catalog holds their digests, and each is good for one purpose and time."""

from sqlalchemy import Connection, select

from accounting import NOW, first
from imagehub.librarian.accounts import keys
from imagehub.librarian.schema import tokens


def test_the_catalog_holds_no_secret(connection: Connection) -> None:
    """Whoever reads it can't sign in with what is there."""
    secret = keys.make(connection, "first", None, NOW, None)
    values = " ".join(str(value) for value in connection.execute(select(tokens)).one())
    assert secret not in values
    assert keys.find(connection, "first", keys.digest(secret), NOW) is None


def test_a_secret_is_good_for_its_purpose_until_its_end(connection: Connection) -> None:
    """And found no more at its end, or for something else."""
    secret = keys.make(connection, "reset", None, NOW, NOW + 10)
    assert keys.find(connection, "reset", secret, NOW + 9)
    assert not keys.find(connection, "reset", secret, NOW + 10)
    assert not keys.find(connection, "session", secret, NOW)


def test_a_secret_burns_once(connection: Connection) -> None:
    """The second time there is nothing left, and another purpose burns nothing."""
    secret = keys.make(connection, "reset", None, NOW, None)
    assert [keys.burn(connection, purpose, secret) for purpose in ("first", "reset", "reset")] == [False, True, False]


def test_ending_spares_the_others(connection: Connection) -> None:
    """Other purposes, other users and the one to keep stay."""
    anna = first(connection)
    kept, gone, api = (keys.make(connection, purpose, anna.id, NOW, None) for purpose in ("session", "session", "api"))
    nobodys = keys.make(connection, "session", None, NOW, None)
    assert keys.end(connection, anna.id, "session", keep=kept) == 1
    assert not keys.find(connection, "session", gone, NOW)
    assert keys.find(connection, "session", kept, NOW)
    assert keys.find(connection, "session", nobodys, NOW)
    assert keys.find(connection, "api", api, NOW)
    assert api.startswith("imh_")
