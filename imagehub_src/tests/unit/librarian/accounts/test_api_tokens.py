"""API tokens: what they allow, who ends them, and that they can't be guessed."""

import pytest
from sqlalchemy import Connection, Engine

from accounting import NOW, SOMEBODY, add, first
from imagehub.librarian import accounts, audit, catalog
from imagehub.librarian.accounts import AccountError, HeldBackError
from imagehub.librarian.accounts.tries import ADDRESS

HERE = "192.0.2.7"


def test_a_token_stands_for_its_user_until_its_end(connection: Connection) -> None:
    """With the scopes that were chosen."""
    anna = first(connection)
    secret = accounts.make_token(connection, anna, "backup", ["write", "read"], NOW + 10, NOW)
    assert secret.startswith("imh_")
    assert accounts.token(connection, secret, HERE, NOW + 9) == (anna, frozenset({"read", "write"}))
    assert accounts.token(connection, secret, HERE, NOW + 10) is None


@pytest.mark.parametrize(
    ("name", "scopes", "ends", "reason"),
    [
        ("script", ["write"], None, "choose scopes among these: read"),
        ("script", ["read", "admin"], None, "scopes"),
        ("script", ["everything"], None, "scopes"),
        ("script", [], None, "scopes"),
        (" ", ["read"], None, "name"),
        ("script", ["read"], NOW, "later"),
    ],
)
def test_a_viewers_token_only_reads(
    connection: Connection, name: str, scopes: list[str], ends: int | None, reason: str
) -> None:
    """And each has a name, a scope and a time to come."""
    ben = add(connection, "ben")
    with pytest.raises(AccountError, match=reason):
        accounts.make_token(connection, ben, name, scopes, ends, NOW)


def test_a_token_loses_what_its_user_loses(connection: Connection) -> None:
    """Who becomes a viewer reads; who is disabled does nothing."""
    first(connection)
    ben = add(connection, "ben", "administrator")
    secret = accounts.make_token(connection, ben, "script", accounts.SCOPES, None, NOW)
    for disabled, role in ((False, "viewer"), (True, "viewer")):
        accounts.change_user(connection, SOMEBODY, ben.id, mail="", role=role, disabled=disabled, cameras=None)
        found = accounts.token(connection, secret, HERE, NOW)
        assert (found and found[1]) == (None if disabled else {"read"})


def test_a_session_is_no_token(connection: Connection) -> None:
    """Nor the other way round."""
    anna = first(connection)
    _, session = accounts.sign_in(connection, "anna", "three grey geese", HERE, NOW, 30)
    token = accounts.make_token(connection, anna, "script", ["read"], None, NOW)
    assert accounts.token(connection, session, HERE, NOW) is None
    assert accounts.session(connection, token, NOW, 30) is None


@pytest.mark.parametrize("writes", [False, True])
def test_wrong_tokens_hold_the_address_back(engine: Engine, writes: bool) -> None:
    """Whatever connection is given; the right token goes on, for others may use the address too."""
    with catalog.writing(engine) as connection:
        secret = accounts.make_token(connection, first(connection), "script", ["read"], None, NOW)

    def ask(given: str) -> object:
        with engine.connect().execution_options(writes=writes) as connection, connection.begin():
            return accounts.token(connection, given, HERE, NOW)

    assert [ask("imh_nonsense\ud800") for _ in range(ADDRESS.free)] == [None] * ADDRESS.free
    with pytest.raises(HeldBackError):
        ask("imh_nonsense")
    assert ask(secret)
    with pytest.raises(HeldBackError), catalog.writing(engine) as connection:
        accounts.sign_in(connection, "anna", "three grey geese", HERE, NOW, 30)


def test_owners_see_their_tokens_without_the_secret(engine: Engine, connection: Connection) -> None:
    """What it is for, what it may, and when it was used last."""
    anna = first(connection)
    secret = accounts.make_token(connection, anna, " script ", ["read"], None, NOW)
    connection.commit()
    accounts.touch(engine, secret, NOW + 1, 30)
    (found,) = accounts.tokens_of(connection, anna.id)
    assert (found.name, found.scopes, found.created_us, found.expires_us, found.used_us) == (
        "script",
        frozenset({"read"}),
        NOW,
        None,
        NOW + 1,
    )
    assert secret not in repr(found)


def test_only_its_owner_and_administrators_revoke_a_token(connection: Connection) -> None:
    """To others it is as if there were none; a revoked one is wrong."""
    anna, ben = first(connection), add(connection, "ben")
    annas, bens = (accounts.make_token(connection, user, "script", ["read"], None, NOW) for user in (anna, ben))
    (of_anna,), (of_ben,) = (accounts.tokens_of(connection, user.id) for user in (anna, ben))
    with pytest.raises(AccountError, match="no such"):
        accounts.revoke(connection, ben.actor, of_anna.id)
    assert accounts.token(connection, annas, HERE, NOW)
    accounts.revoke(connection, anna.actor, of_ben.id)
    assert accounts.token(connection, bens, HERE, NOW) is None
    assert [entry.action for entry in audit.entries(connection, None, 2)] == ["token.revoke", "token.make"]
