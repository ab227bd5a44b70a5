"""Passwords: which are taken, and how they are compared."""

import pytest
from argon2 import PasswordHasher

from imagehub.librarian.accounts import AccountError, passwords


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("nine char", "too short"),
        ("x1y2" * 51, "too long"),
        ("Anna Schmidt", "your name"),
        ("Password123", "first that a stranger tries"),
        ("abababababab", "first that a stranger tries"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(password: str, reason: str) -> None:
    """Too short, too long, the user's name, a well-known one, or two letters only."""
    with pytest.raises(AccountError, match=reason):
        passwords.check(password, "anna schmidt")


@pytest.mark.parametrize("password", ["ten chars!", "x1y2" * 50, "drei graue Gänse"])
def test_others_are_taken(password: str) -> None:
    """From 10 to 200 characters, of any alphabet; only the right one fits."""
    passwords.check(password, "anna")
    kept = passwords.hashed(password)
    assert passwords.fits(password, kept)
    assert not passwords.fits(password + " ", kept)
    assert not passwords.outdated(kept)


def test_a_letter_and_its_accent_may_be_typed_apart() -> None:
    """Keyboards differ in that."""
    assert passwords.fits("drei graue Ga\u0308nse", passwords.hashed("drei graue G\u00e4nse"))


@pytest.mark.parametrize("kept", ["", "no hash", passwords.NOBODY])
def test_no_password_fits_where_there_is_none(kept: str) -> None:
    """Nor where the catalog holds nonsense."""
    assert not passwords.fits("aaaaaaaaa\ud800", kept)


def test_nobody_costs_as_much_as_somebody() -> None:
    """The hash for unknown users has the parameters of today, and even its own password fits nobody."""
    assert not passwords.outdated(passwords.NOBODY)
    assert passwords.HASHER.verify(passwords.NOBODY, "aaaaaaaaaa")
    assert not passwords.fits("aaaaaaaaaa", "")


def test_a_hash_of_other_parameters_is_outdated() -> None:
    """It is made anew when its owner signs in."""
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("three grey geese"))
