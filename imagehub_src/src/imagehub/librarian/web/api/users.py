"""Users: who may look at the catalog."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from imagehub.librarian import accounts
from imagehub.librarian.settings import base_url
from imagehub.librarian.web.api.caller import Administrator
from imagehub.librarian.web.api.formats import PLAIN, Body, Change, Id, Name, Time, Told
from imagehub.librarian.web.api.problems import found
from imagehub.librarian.web.api.subjects import NO_SUCH, subject
from imagehub.librarian.web.times import now_us

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = subject("users")
Role = Literal["administrator", "viewer"]
Mail = Annotated[str, StringConstraints(max_length=254, pattern=PLAIN)]
Cameras = Annotated[
    list[Id] | None, Field(max_length=1000, description="Ids of the cameras that a viewer may see; null: all.")
]


class User(Told):
    """Somebody with an account; `cameras` are the only ones that a viewer sees, null: all."""

    id: int
    name: str
    mail: str
    role: Role
    disabled: bool
    cameras: list[int] | None
    created: Time = Field(validation_alias="created_us")


class Users(Told):
    """The users, by name."""

    items: list[User]


class NewUser(Body):
    """Somebody who gets an account."""

    name: Name
    mail: Mail = ""
    role: Role = "viewer"
    cameras: Cameras = None


class Invited(Told):
    """A new user; by `link`, which is shown once, they choose their password within 72 hours."""

    user: User
    link: str


class UserChange(Change):
    """What can be changed about a user; what is left out stays as it is."""

    mail: Mail = ""
    role: Role = "viewer"
    disabled: bool = False
    cameras: Cameras = None


@router.get("")
def list_users(caller: Administrator) -> Users:
    """List the users."""
    with caller.site.reading() as connection:
        return Users(items=[_told(user) for user in accounts.users(connection)])


@router.post("", status_code=201)
def add_user(caller: Administrator, new: NewUser) -> Invited:
    """Add a user."""
    sight = None if new.cameras is None else frozenset(new.cameras)
    with caller.site.writing() as connection:
        added = accounts.add_user(connection, caller.actor, new.name, new.mail, new.role, sight, now_us())
    user, secret = added
    return Invited(user=_told(user), link=f"{base_url(caller.site.settings.web)}/reset/{secret}")


@router.get("/{id:number}", responses=NO_SUCH)
def get_user(caller: Administrator, id: Id) -> User:  # noqa: A002
    """Return one user."""
    with caller.site.reading() as connection:
        return _told(_user(connection, id))


@router.patch("/{id:number}", responses=NO_SUCH)
def change_user(caller: Administrator, id: Id, change: UserChange) -> User:  # noqa: A002
    """Change what is given, and leave the rest; one who is disabled is signed out."""
    with caller.site.writing() as connection:
        before = _told(_user(connection, id))
        wanted = before.model_copy(update=change.given)
        sight = None if wanted.cameras is None else frozenset(wanted.cameras)
        values = wanted.model_dump(include={"mail", "role", "disabled"})
        return _told(accounts.change_user(connection, caller.actor, id, **values, cameras=sight))


@router.delete("/{id:number}", status_code=204, responses=NO_SUCH)
def remove_user(caller: Administrator, id: Id) -> None:  # noqa: A002
    """Remove a user; what they did stays in the audit log."""
    with caller.site.writing() as connection:
        _user(connection, id)
        accounts.remove_user(connection, caller.actor, id)


def _user(connection: "Connection", id: int) -> accounts.User:  # noqa: A002
    return found("user", accounts.user(connection, id))


def _told(user: accounts.User) -> User:
    return User.model_validate(user)
