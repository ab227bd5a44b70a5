"""Limits on tries: how many are free, how long one waits then, and by what they are counted."""

import pytest
from sqlalchemy import Connection

from accounting import NOW, SECOND
from imagehub.librarian.accounts import HeldBackError, tries
from imagehub.librarian.accounts.tries import PAIR, Limit


def held(connection: Connection, limit: Limit, now: int) -> int:
    """Return the seconds to wait."""
    try:
        tries.check(connection, {"x": limit}, now)
    except HeldBackError as error:
        return error.seconds
    return 0


def test_waits_grow_until_the_longest(connection: Connection) -> None:
    """Each wrong try after the free ones doubles the wait."""
    waits = []
    for _ in range(8):
        tries.add(connection, ["x"], NOW)
        waits.append(held(connection, Limit(3, 60, 900), NOW))
    assert waits == [0, 0, 60, 120, 240, 480, 900, 900]


def test_a_wait_ends_to_the_second(connection: Connection) -> None:
    """One is told the whole seconds that are left."""
    for _ in range(PAIR.free):
        tries.add(connection, ["x", "y"], NOW)
    seconds = [held(connection, PAIR, NOW + passed) for passed in (0, 59 * SECOND, 59 * SECOND + 1, 60 * SECOND)]
    assert seconds == [60, 1, 1, 0]


def test_old_tries_count_no_more(connection: Connection) -> None:
    """After 15 minutes, or when they are cleared."""
    tries.add(connection, ["x"] * PAIR.free, NOW)
    tries.add(connection, ["x"] * PAIR.free, NOW + tries.WINDOW_US)
    assert held(connection, PAIR, NOW + tries.WINDOW_US) == 60
    tries.clear(connection, "x")
    assert held(connection, PAIR, NOW + tries.WINDOW_US) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
    ],
)
def test_whoever_may_choose_among_addresses_counts_as_one(address: str, network: str) -> None:
    """An IPv6 network has more addresses than anyone could count tries for."""
    assert tries.network(address) == network


def test_what_is_counted_can_not_be_read(connection: Connection) -> None:
    """Whoever types a password as a name does not leave it in the catalog."""
    assert "secret" not in tries.who("pair", "secret", "192.0.2.7\ud800")
    assert tries.who("pair", "a", "bc") != tries.who("pair", "ab", "c")
