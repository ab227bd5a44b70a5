"""Users: who they are, what they see, and that an administrator stays."""

import pytest
from sqlalchemy import Connection, delete

from accounting import NOW, PASSWORD, SOMEBODY, add, first, two_cameras
from imagehub.librarian import accounts, audit
from imagehub.librarian.accounts import AccountError, User
from imagehub.librarian.schema import cameras
from imagehub.librarian.sight import Sight


def change(connection: Connection, user: User, **more: object) -> User:
    """Change a user in some respects."""
    same = {name: getattr(user, name) for name in ("mail", "role", "disabled", "cameras")}
    return accounts.change_user(connection, SOMEBODY, user.id, **(same | more))


def signed_in(connection: Connection, user: User) -> str:
    """Return the secret of a new session."""
    return accounts.sign_in(connection, user.name, PASSWORD, "192.0.2.7", NOW, 30)[1]


@pytest.mark.parametrize("sight", [None, frozenset({1}), frozenset({1, 2}), frozenset()])
def test_a_viewer_sees_what_was_chosen(connection: Connection, sight: Sight) -> None:
    """All cameras, some, or none."""
    two_cameras(connection)
    ben = add(connection, "ben", cameras=sight)
    assert ben.cameras == sight
    assert accounts.users(connection) == [ben]
    assert accounts.user(connection, ben.id) == ben


def test_a_viewer_whose_camera_goes_sees_no_other(connection: Connection) -> None:
    """A restriction does not end with the last camera it names."""
    two_cameras(connection)
    ben = add(connection, "ben", cameras=frozenset({1}))
    connection.execute(delete(cameras).where(cameras.c.id == 1))
    assert [user.cameras for user in accounts.users(connection)] == [frozenset()]
    assert ben.cameras == frozenset({1})


def test_an_administrator_sees_everything(connection: Connection) -> None:
    """A viewer's restriction goes when they become one."""
    two_cameras(connection)
    ben = add(connection, "ben", cameras=frozenset({1}))
    after = change(connection, ben, role="administrator")
    assert (after.cameras, after.is_administrator, ben.is_administrator) == (None, True, False)


@pytest.mark.parametrize(
    ("name", "mail", "role", "sight", "reason"),
    [
        ("anna", "", "viewer", None, "already"),
        (" anna ", "", "viewer", None, "already"),
        ("  ", "", "viewer", None, "give a name"),
        ("a\0b", "", "viewer", None, "give a name"),
        ("x" * 101, "", "viewer", None, "give a name"),
        ("ben", "no mail", "viewer", None, "mail address"),
        ("ben", "ben@example.org\nBcc: all@example.org", "viewer", None, "mail address"),
        ("ben", "", "owner", None, "no role 'owner'"),
        ("ben", "", "viewer", frozenset({7}), "cameras"),
    ],
)
def test_who_can_not_be_a_user_is_refused(
    connection: Connection, name: str, mail: str, role: str, sight: Sight, reason: str
) -> None:
    """With the reason, for each thing that is given."""
    first(connection)
    with pytest.raises(AccountError, match=reason):
        accounts.add_user(connection, SOMEBODY, name, mail, role, sight, NOW)


@pytest.mark.parametrize("more", [{"disabled": True}, {"role": "viewer"}, None])
def test_the_last_administrator_stays(connection: Connection, more: dict[str, object] | None) -> None:
    """Not disabled, not made a viewer, not removed; one who has no password yet does not count."""
    anna = first(connection)
    accounts.add_user(connection, anna.actor, "invited", "", "administrator", None, NOW)

    def take_away() -> None:
        if more is None:
            accounts.remove_user(connection, anna.actor, anna.id)
        else:
            change(connection, anna, **more)

    with pytest.raises(AccountError, match="last administrator"):
        take_away()
    add(connection, "ben", "administrator")
    take_away()


@pytest.mark.parametrize(
    ("more", "stays"),
    [({"disabled": True}, False), ({"role": "administrator"}, False), ({"mail": "b@example.org"}, True)],
)
def test_who_is_disabled_or_gets_another_role_is_signed_out(
    connection: Connection, more: dict[str, object], stays: bool
) -> None:
    """Other changes leave the sessions alone."""
    ben = add(connection, "ben")
    secret = signed_in(connection, ben)
    change(connection, ben, **more)
    assert bool(accounts.session(connection, secret, NOW, 30)) == stays
    assert bool(accounts.sessions_of(connection, ben.id)) == stays


def test_a_link_to_an_old_mail_address_is_void(connection: Connection) -> None:
    """Whoever reads the old mailbox does not choose the password."""
    ben, secret = accounts.add_user(connection, SOMEBODY, "ben", "old@example.org", "viewer", None, NOW)
    change(connection, ben, mail="new@example.org")
    with pytest.raises(AccountError, match="void"):
        accounts.use_reset(connection, secret, PASSWORD, NOW)


def test_a_removed_user_leaves_no_secret(connection: Connection) -> None:
    """Sessions and API tokens end with the account."""
    anna, ben = first(connection), add(connection, "ben")
    secret = signed_in(connection, ben)
    token = accounts.make_token(connection, ben, "script", ["read"], None, NOW)
    accounts.remove_user(connection, anna.actor, ben.id)
    assert accounts.user(connection, ben.id) is None
    assert accounts.session(connection, secret, NOW, 30) is None
    assert accounts.token(connection, token, "192.0.2.7", NOW) is None


def test_changes_are_in_the_audit_log(connection: Connection) -> None:
    """With what was changed, and nothing that was not."""
    anna, ben = first(connection), add(connection, "ben")
    change(connection, ben, disabled=True)
    accounts.remove_user(connection, anna.actor, ben.id)
    found = audit.entries(connection, None, 4)
    assert [entry.action for entry in found] == ["user.remove", "user.change", "password.change", "user.add"]
    assert found[1].details == {"disabled": {"from": False, "to": True}}


def test_who_is_gone_can_not_be_changed(connection: Connection) -> None:
    """Two administrators may look at the same list."""
    ben = add(connection, "ben")
    accounts.remove_user(connection, SOMEBODY, ben.id)
    with pytest.raises(AccountError, match="no such user"):
        change(connection, ben)
    with pytest.raises(AccountError, match="no such user"):
        accounts.remove_user(connection, SOMEBODY, ben.id)
