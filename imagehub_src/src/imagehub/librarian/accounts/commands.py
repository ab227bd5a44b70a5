"""`imagehub-librarian user`: links for whoever can't sign in, and who is there."""

import time
from collections.abc import Callable

from sqlalchemy import Engine

from imagehub.librarian.accounts import choosing, people
from imagehub.librarian.accounts.errors import AccountError
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import writing
from imagehub.librarian.settings import Settings, base_url

COMMAND_LINE = Actor(None, "command line")

Command = Callable[[Engine, Settings, str], str]


def first_link(engine: Engine, settings: Settings, _: str = "") -> str:
    """Return a link that makes the first administrator; raise AccountError if there is one."""
    with writing(engine) as connection:
        secret = choosing.first_link(connection, _now())
    if secret is None:
        raise AccountError("there are users already: imagehub-librarian user list, then user reset NAME")
    return f"{base_url(settings.web)}/first/{secret}"


def reset(engine: Engine, settings: Settings, name: str) -> str:
    """Return a link by which a user chooses a new password; raise AccountError if there is no such user."""
    with writing(engine) as connection:
        user = people.named(connection, name)
        if user is None:
            raise AccountError(f"there is no user {name}: imagehub-librarian user list")
        if user.disabled:
            raise AccountError(f"{user.name} is disabled: an administrator enables them on the web page")
        secret = choosing.reset_link(connection, COMMAND_LINE, user, _now())
    return f"{base_url(settings.web)}/reset/{secret}"


def listing(engine: Engine, _: Settings, __: str = "") -> str:
    """Return a line for each user: name, role, and whether they are disabled."""
    with engine.connect() as connection:
        found = people.users(connection)
    return "\n".join(f"{user.name}  {user.role}{'  disabled' * user.disabled}" for user in found)


def _now() -> int:
    return time.time_ns() // 1000


COMMANDS: dict[str, Command] = {"first-link": first_link, "list": listing, "reset": reset}
