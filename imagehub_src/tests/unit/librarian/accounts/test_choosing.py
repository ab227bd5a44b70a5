"""Choosing a password: the first link, links in mails, and the old password."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine

from accounting import HOUR, NOW, PASSWORD, SECOND, SOMEBODY, add, first
from imagehub.librarian import accounts, audit, catalog
from imagehub.librarian.accounts import AccountError, HeldBackError
from imagehub.librarian.accounts.tries import PAIR

HERE, NEW = "192.0.2.7", "four white swans"


def signs_in(connection: Connection, password: str, name: str = "anna") -> str:
    """Return the secret of a new session."""
    return accounts.sign_in(connection, name, password, HERE, NOW, 30)[1]


def test_the_first_link_makes_an_administrator_once(connection: Connection) -> None:
    """After that it is void, and there is no other."""
    secret = accounts.first_link(connection, NOW)
    assert secret
    anna = accounts.use_first(connection, secret, "anna", "", PASSWORD, NOW)
    assert anna.is_administrator
    assert signs_in(connection, PASSWORD)
    assert accounts.first_link(connection, NOW) is None
    with pytest.raises(AccountError, match="void"):
        accounts.use_first(connection, secret, "ben", "", PASSWORD, NOW)


def test_a_first_link_is_good_for_a_day_and_until_the_next(connection: Connection) -> None:
    """A restart prints another one, and a link in an old log is worth nothing."""
    old = accounts.first_link(connection, NOW)
    new = accounts.first_link(connection, NOW)
    assert old
    assert new
    for secret, now in ((old, NOW), (new, NOW + 24 * HOUR), ("nonsense", NOW)):
        with pytest.raises(AccountError, match="void"):
            accounts.use_first(connection, secret, "anna", "", PASSWORD, now)
    accounts.use_first(connection, new, "anna", "", PASSWORD, NOW + 24 * HOUR - 1)


@pytest.mark.parametrize(("name", "password"), [("", PASSWORD), ("anna", "short")])
def test_what_will_not_do_leaves_the_link(engine: Engine, name: str, password: str) -> None:
    """One corrects it and goes on."""
    with catalog.writing(engine) as connection:
        secret = accounts.first_link(connection, NOW)
    assert secret
    with pytest.raises(AccountError), catalog.writing(engine) as connection:
        accounts.use_first(connection, secret, name, "", password, NOW)
    with catalog.writing(engine) as connection:
        accounts.use_first(connection, secret, "anna", "", PASSWORD, NOW)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Return what the calls return or raise, each in a thread of its own."""
    results: list[object] = []
    barrier = threading.Barrier(len(calls))

    def one(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results.append(call())
        except AccountError as error:
            results.append(error)

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_who_use_the_first_link_at_once_one_wins(engine: Engine) -> None:
    """There is one administrator then."""
    with catalog.writing(engine) as connection:
        secret = accounts.first_link(connection, NOW)
    assert secret

    def use(name: str) -> object:
        with catalog.writing(engine) as connection:
            return accounts.use_first(connection, secret, name, "", PASSWORD, NOW)

    results = at_once(lambda: use("anna"), lambda: use("ben"))
    assert sorted(type(result).__name__ for result in results) == ["AccountError", "User"]
    with engine.connect() as connection:
        assert len(accounts.users(connection)) == 1


def test_an_invitation_lets_choose_a_password(connection: Connection) -> None:
    """For 72 hours, once; until then nobody signs in."""
    _, secret = accounts.add_user(connection, SOMEBODY, "ben", "", "viewer", None, NOW)
    with pytest.raises(AccountError):
        signs_in(connection, "", "ben")
    with pytest.raises(AccountError, match="void"):
        accounts.use_reset(connection, secret, PASSWORD, NOW + 72 * HOUR)
    with pytest.raises(AccountError, match="short"):
        accounts.use_reset(connection, secret, "short", NOW)
    assert accounts.use_reset(connection, secret, PASSWORD, NOW + 72 * HOUR - 1).name == "ben"
    assert signs_in(connection, PASSWORD, "ben")
    with pytest.raises(AccountError, match="void"):
        accounts.use_reset(connection, secret, NEW, NOW)


@pytest.mark.parametrize("asked", ["anna", "anna@example.org", " ANNA@example.org"])
def test_a_reset_is_asked_for_by_name_or_mail(connection: Connection, asked: str) -> None:
    """It is good for an hour, ends all sessions, and voids the other links."""
    anna = first(connection)
    session = signs_in(connection, PASSWORD)
    links = [accounts.ask_reset(connection, asked, HERE, NOW) for _ in range(2)]
    secrets = [link[1] for link in links if link]
    with pytest.raises(AccountError, match="void"):
        accounts.use_reset(connection, secrets[0], NEW, NOW + HOUR)
    assert accounts.use_reset(connection, secrets[0], NEW, NOW + HOUR - 1) == anna
    assert not accounts.session(connection, session, NOW, 30)
    with pytest.raises(AccountError, match="void"):
        accounts.use_reset(connection, secrets[1], PASSWORD, NOW)
    with pytest.raises(AccountError, match="wrong"):
        signs_in(connection, PASSWORD)
    assert signs_in(connection, NEW)


def test_nobody_is_mailed_who_is_not_meant(connection: Connection) -> None:
    """Unknown names, no address, an address of two, and the disabled: the answer is the same."""
    shared = "two@example.org"
    for name, mail, disabled in (("a", "", False), ("b", shared, False), ("c", shared, False), ("d", "d@d", True)):
        user, _ = accounts.add_user(connection, SOMEBODY, name, mail, "viewer", None, NOW)
        accounts.change_user(connection, SOMEBODY, user.id, mail=mail, role="viewer", disabled=disabled, cameras=None)
    for asked in ("nobody", "", "a", shared, "d", "d@d", "\0\ud800"):
        assert accounts.ask_reset(connection, asked, HERE, NOW) is None
    assert accounts.ask_reset(connection, "b", HERE, NOW)


@pytest.mark.parametrize("asked", ["anna", "nobody"])
def test_a_mailbox_is_not_filled(connection: Connection, asked: str) -> None:
    """Three questions for one account, from wherever, then one waits; for an unknown one too."""
    first(connection)
    for number in range(3):
        accounts.ask_reset(connection, asked, f"192.0.2.{number}", NOW)
    with pytest.raises(HeldBackError):
        accounts.ask_reset(connection, asked.upper(), HERE, NOW)


def test_one_address_does_not_ask_for_all(connection: Connection) -> None:
    """Ten questions, then it waits; others don't."""
    for number in range(10):
        accounts.ask_reset(connection, f"name {number}", HERE, NOW)
    with pytest.raises(HeldBackError):
        accounts.ask_reset(connection, "anna", HERE, NOW)
    accounts.ask_reset(connection, "anna", "198.51.100.9", NOW)


def test_a_disabled_user_has_no_use_for_a_link(connection: Connection) -> None:
    """The link is void, and stays so."""
    ben, secret = accounts.add_user(connection, SOMEBODY, "ben", "", "viewer", None, NOW)
    assert accounts.reset_user(connection, secret, NOW) == ben
    accounts.change_user(connection, SOMEBODY, ben.id, mail="", role="viewer", disabled=True, cameras=None)
    assert accounts.reset_user(connection, secret, NOW) is None
    with pytest.raises(AccountError, match="void"):
        accounts.use_reset(connection, secret, PASSWORD, NOW)


def test_a_changed_password_ends_the_other_sessions(connection: Connection) -> None:
    """The one that changed it may be kept."""
    anna = first(connection)
    mine, other = signs_in(connection, PASSWORD), signs_in(connection, PASSWORD)
    accounts.change_password(connection, anna, PASSWORD, NEW, NOW, keep=mine)
    assert accounts.session(connection, mine, NOW, 30) == anna
    assert accounts.session(connection, other, NOW, 30) is None
    accounts.change_password(connection, anna, NEW, PASSWORD, NOW)
    assert accounts.session(connection, mine, NOW, 30) is None


def test_the_old_password_is_not_guessed(engine: Engine) -> None:
    """Whoever finds an open browser has few tries, and they count though the transaction ends with an error."""
    with catalog.writing(engine) as connection:
        anna = first(connection)
    for _ in range(PAIR.free):
        with pytest.raises(AccountError, match="old password"), catalog.writing(engine) as connection:
            accounts.change_password(connection, anna, "wrong", NEW, NOW)
    with pytest.raises(HeldBackError), catalog.writing(engine) as connection:
        accounts.change_password(connection, anna, PASSWORD, NEW, NOW + 59 * SECOND)


def test_passwords_are_in_the_audit_log_as_actions_only(connection: Connection) -> None:
    """Who asked, who was handed a link, who changed; never what."""
    ben = add(connection, "ben")
    accounts.ask_reset(connection, "ben", HERE, NOW)
    accounts.use_reset(connection, accounts.reset_link(connection, SOMEBODY, ben, NOW), NEW, NOW)
    found = audit.entries(connection, None, 3)
    assert [(entry.actor, entry.action) for entry in found] == [
        ("ben", "password.change"),
        ("somebody", "password.ask"),
        ("", "password.ask"),
    ]
    assert [entry.details for entry in found] == [{}, {}, {"address": HERE}]
