"""Users to try accounts with."""

from sqlalchemy import Connection, insert

from imagehub.librarian import accounts
from imagehub.librarian.accounts import User
from imagehub.librarian.audit import Actor
from imagehub.librarian.schema import cameras, hubs, nodes

SECOND = 1_000_000
HOUR, DAY = 3600 * SECOND, 86400 * SECOND
NOW = 1_800_000_000 * SECOND
PASSWORD = "three grey geese"
SOMEBODY = Actor(None, "somebody")


def first(connection: Connection, name: str = "anna") -> User:
    """Make the first administrator."""
    secret = accounts.first_link(connection, NOW)
    assert secret
    return accounts.use_first(connection, secret, name, f"{name}@example.org", PASSWORD, NOW)


def add(connection: Connection, name: str, role: str = "viewer", cameras: frozenset[int] | None = None) -> User:
    """Make a user who has chosen a password."""
    _, secret = accounts.add_user(connection, SOMEBODY, name, f"{name}@example.org", role, cameras, NOW)
    return accounts.use_reset(connection, secret, PASSWORD, NOW)


def two_cameras(connection: Connection) -> list[int]:
    """Make two cameras and return their ids."""
    empty = {"segment": "", "offset": 0, "sequence": 0, "purged": 0, "damaged": 0}
    connection.execute(insert(hubs).values(id=1, data_directory="/hub", **empty))
    connection.execute(insert(nodes).values(id=1, hub_id=1, name="Barn"))
    flags = dict.fromkeys(("display", "check_objects", "alpr", "notifications"), False)
    texts = dict.fromkeys(("type", "roi_names", "message"), "")
    for number in (1, 2):
        connection.execute(insert(cameras).values(id=number, node_id=1, view=f"P{number}", **flags, **texts))
    return [1, 2]
