"""Sessions: how they begin, how long they last, who ends them; and limits on tries."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine

from accounting import DAY, NOW, PASSWORD, SECOND, SOMEBODY, add, first
from imagehub.librarian import accounts, audit, catalog
from imagehub.librarian.accounts import AccountError, HeldBackError, people, tries
from imagehub.librarian.accounts.tries import ACCOUNT, ADDRESS, PAIR

HERE, THERE = "192.0.2.7", "198.51.100.9"


def sign_in(engine: Engine, name: str = "anna", password: str = PASSWORD, address: str = HERE, now: int = NOW) -> str:
    """Sign in as the web page does, in a transaction that ends with the error; return the secret."""
    with catalog.writing(engine) as connection:
        return accounts.sign_in(connection, name, password, address, now, 30)[1]


def fail(engine: Engine, times: int, name: str = "anna", address: str = HERE, now: int = NOW) -> None:
    """Try wrong passwords that are all looked at."""
    for _ in range(times):
        with pytest.raises(AccountError, match="name or password are wrong"):
            sign_in(engine, name, "a wrong password", address, now)


@pytest.fixture(autouse=True)
def anna(engine: Engine) -> people.User:
    """Make the first administrator."""
    with catalog.writing(engine) as connection:
        return first(connection)


def test_the_right_password_begins_a_session(engine: Engine, anna: people.User) -> None:
    """Each time with another secret, whatever the browser brought."""
    one, other = sign_in(engine), sign_in(engine, " anna ")
    assert one != other
    with engine.connect() as connection:
        assert accounts.session(connection, one, NOW, 30) == anna
        assert accounts.session(connection, "nonsense\ud800", NOW, 30) is None
        assert [session.address for session in accounts.sessions_of(connection, anna.id)] == [HERE, HERE]


@pytest.mark.parametrize("name", ["anna", "ben", "", "a\0\ud800", "x" * 1000])
def test_unknown_names_and_wrong_passwords_look_alike(engine: Engine, name: str) -> None:
    """The same words, and the same limit."""
    fail(engine, PAIR.free, name)
    with pytest.raises(HeldBackError) as error:
        sign_in(engine, name)
    assert error.value.seconds == 60


def test_the_right_password_helps_only_after_the_wait(engine: Engine) -> None:
    """Then the wrong tries are forgotten."""
    fail(engine, PAIR.free)
    with pytest.raises(HeldBackError):
        sign_in(engine, now=NOW + 59 * SECOND)
    later = NOW + 60 * SECOND
    sign_in(engine, now=later)
    fail(engine, PAIR.free, now=later)


def test_others_tries_lock_nobody_out(engine: Engine) -> None:
    """Somebody held back in one place leaves the account to its owner in another."""
    fail(engine, PAIR.free)
    sign_in(engine, address=THERE)


def test_one_address_can_not_try_all_accounts(engine: Engine) -> None:
    """Not even as a neighbour of itself."""
    for number in range(ADDRESS.free):
        fail(engine, 1, f"name {number}", f"2001:db8::{number:x}")
    with pytest.raises(HeldBackError):
        sign_in(engine, address="2001:db8::ffff")
    sign_in(engine)


def test_the_whole_world_can_not_try_one_account(engine: Engine) -> None:
    """It waits for two seconds at a time; where the user is signed in already, they don't."""
    sign_in(engine, address=THERE)
    with catalog.writing(engine) as connection:
        tries.add(connection, [tries.who("account", "anna")] * ACCOUNT.free, NOW)
    with pytest.raises(HeldBackError) as error:
        sign_in(engine)
    assert error.value.seconds == 2
    sign_in(engine, address=THERE)


def test_a_disabled_account_is_named_to_its_owner_only(engine: Engine) -> None:
    """Who has the password is told what to do; others learn nothing."""
    with catalog.writing(engine) as connection:
        ben = add(connection, "ben")
        accounts.change_user(connection, SOMEBODY, ben.id, mail="", role="viewer", disabled=True, cameras=None)
    fail(engine, 1, "ben")
    with pytest.raises(AccountError, match="disabled"):
        sign_in(engine, "ben")


def test_an_outdated_hash_is_made_anew(engine: Engine, anna: people.User) -> None:
    """At the next sign-in, after which the password is the same."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with catalog.writing(engine) as connection:
        people.set_password(connection, anna.id, weak)
    sign_in(engine)
    with engine.connect() as connection:
        assert "m=19456,t=2,p=1" in people.password_hash(connection, anna.id)
    sign_in(engine)


def test_a_session_lasts_as_long_as_one_comes_back(engine: Engine) -> None:
    """Each visit gives it all its days again."""
    secret = sign_in(engine)
    accounts.touch(engine, secret, NOW + 29 * DAY, 30)
    with engine.connect() as connection:
        assert accounts.session(connection, secret, NOW + 59 * DAY - 1, 30)
        assert not accounts.session(connection, secret, NOW + 59 * DAY, 30)
        assert not accounts.session(connection, secret, NOW + 31 * DAY, 1), "fewer days were set"


def test_a_session_that_is_over_stays_over(engine: Engine) -> None:
    """A touch does not bring it back."""
    secret = sign_in(engine)
    accounts.touch(engine, secret, NOW + 30 * DAY, 30)
    with engine.connect() as connection:
        assert not accounts.session(connection, secret, NOW + 30 * DAY, 30)


def test_use_is_written_every_five_minutes_at_most(engine: Engine, anna: people.User) -> None:
    """Looking at pages does not write all the time."""
    secret = sign_in(engine)
    for seconds, used in ((299, 0), (300, 300), (301, 300)):
        accounts.touch(engine, secret, NOW + seconds * SECOND, 30)
        with engine.connect() as connection:
            assert accounts.sessions_of(connection, anna.id)[0].used_us == NOW + used * SECOND


def test_signing_out_ends_that_session(engine: Engine, connection: Connection) -> None:
    """And no other; a second time is no error."""
    gone, stays = sign_in(engine), sign_in(engine)
    for _ in range(2):
        accounts.sign_out(connection, gone)
    assert not accounts.session(connection, gone, NOW, 30)
    assert accounts.session(connection, stays, NOW, 30)
    assert [entry.action for entry in audit.entries(connection, None, 2)] == ["session.end", "session.start"]


def test_only_its_owner_and_administrators_end_a_session(
    engine: Engine, connection: Connection, anna: people.User
) -> None:
    """To others it is as if there were none."""
    ben = add(connection, "ben")
    connection.commit()
    sign_in(engine)
    sign_in(engine, "ben")
    annas, bens = (accounts.sessions_of(connection, user.id)[0].id for user in (anna, ben))
    with pytest.raises(AccountError, match="no such"):
        accounts.end_session(connection, ben.actor, annas)
    accounts.end_session(connection, anna.actor, bens)
    accounts.end_session(connection, anna.actor, annas)
    assert accounts.sessions_of(connection, anna.id) == accounts.sessions_of(connection, ben.id) == []


def test_all_sessions_end_but_the_one_to_keep(engine: Engine, connection: Connection, anna: people.User) -> None:
    """So that one may sign out everywhere else."""
    keep, _ = sign_in(engine), sign_in(engine)
    accounts.end_all(connection, anna.actor, anna.id, keep=keep)
    assert len(accounts.sessions_of(connection, anna.id)) == 1
    accounts.end_all(connection, anna.actor, anna.id)
    assert not accounts.session(connection, keep, NOW, 30)


def test_signing_in_is_in_the_audit_log(engine: Engine, connection: Connection) -> None:
    """Wrong tries too; what is no name may be a password, and is cut."""
    fail(engine, 1, "three grey geese")
    fail(engine, 1)
    sign_in(engine)
    found = [(entry.action, entry.subject, entry.details) for entry in audit.entries(connection, None, 3)]
    details = {"address": HERE}
    assert found == [
        ("session.start", "anna", details),
        ("session.fail", "anna", details),
        ("session.fail", "thr...", details),
    ]


def test_a_form_fits_its_session_only() -> None:
    """Another session's does not, nor the secret, nor nonsense."""
    assert accounts.form_token_fits("mine", accounts.form_token("mine"))
    for given in ("", "mine", "\ud800", accounts.form_token("yours")):
        assert not accounts.form_token_fits("mine", given)
