"""Users, and what each may do with the own account."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from imagehub.librarian import accounts
from imagehub.librarian.accounts import SCOPES, AccountError
from imagehub.librarian.queries import cameras
from imagehub.librarian.settings import base_url
from imagehub.librarian.sight import Sight
from imagehub.librarian.web.numbers import Number
from imagehub.librarian.web.times import now_us
from imagehub.librarian.web.visit import SENT_BY_US, Administrator, Viewer, Visit

router = APIRouter()
Text = Annotated[str, Form()]
Tick = Annotated[bool, Form()]
Numbers = Annotated[list[Number] | None, Form()]
DAY_US = 86_400_000_000
LONGEST_DAYS = 3650


@router.get("/users")
def users_page(visit: Administrator) -> Response:
    """List the accounts, with a form for another one."""
    return _users(visit)


@router.post("/users", dependencies=[SENT_BY_US])
def add(
    visit: Administrator, name: Text, role: Text, mail: Text = "", everything: Tick = False, camera: Numbers = None
) -> Response:
    """Make an account; its owner chooses a password by the link that is shown once."""
    try:
        with visit.site.writing() as connection:
            user, secret = accounts.add_user(
                connection, visit.someone.actor, name, mail, role, _sight(role, everything, camera), now_us()
            )
    except AccountError as error:
        return _users(visit, fault=str(error))
    return _users(visit, invited=user.name, link=f"{base_url(visit.site.settings.web)}/reset/{secret}")


@router.post("/users/{number}", dependencies=[SENT_BY_US])
def change(
    visit: Administrator,
    number: Number,
    role: Text,
    mail: Text = "",
    disabled: Tick = False,
    everything: Tick = False,
    camera: Numbers = None,
) -> Response:
    """Change an account."""
    try:
        with visit.site.writing() as connection:
            sight = _sight(role, everything, camera)
            accounts.change_user(
                connection, visit.someone.actor, number, mail=mail, role=role, disabled=disabled, cameras=sight
            )
    except AccountError as error:
        return _users(visit, fault=str(error))
    return visit.go("/users")


@router.post("/users/{number}/remove", dependencies=[SENT_BY_US])
def remove(visit: Administrator, number: Number) -> Response:
    """Remove an account; what it did stays in the audit log."""
    try:
        with visit.site.writing() as connection:
            accounts.remove_user(connection, visit.someone.actor, number)
    except AccountError as error:
        return _users(visit, fault=str(error))
    return visit.go("/users")


@router.get("/account")
def account_page(visit: Viewer) -> Response:
    """Show sessions and tokens of whoever is signed in, and the form for another password."""
    return _account(visit)


@router.post("/account/password", dependencies=[SENT_BY_US])
def change_password(visit: Viewer, old: Text, new: Text) -> Response:
    """Change the own password; other sessions end."""
    try:
        with visit.site.writing() as connection:
            accounts.change_password(connection, visit.someone, old, new, now_us(), keep=visit.session)
    except AccountError as error:
        return _account(visit, fault=str(error))
    return _account(visit, done="The password is changed. Other sessions were ended.")


@router.post("/account/tokens", dependencies=[SENT_BY_US])
def make_token(
    visit: Viewer,
    name: Text,
    scope: Annotated[list[str], Form()],
    days: Annotated[int, Form(ge=0, le=LONGEST_DAYS)] = 0,
) -> Response:
    """Make an API token, which is shown once."""
    now = now_us()
    try:
        with visit.site.writing() as connection:
            end = now + days * DAY_US if days else None
            secret = accounts.make_token(connection, visit.someone, name, tuple(scope), end, now)
    except AccountError as error:
        return _account(visit, fault=str(error))
    return _account(visit, token=secret)


@router.post("/account/tokens/{number}/revoke", dependencies=[SENT_BY_US])
def revoke(visit: Viewer, number: Number) -> Response:
    """End a token."""
    with visit.site.writing() as connection:
        accounts.revoke(connection, visit.someone.actor, number)
    return visit.go("/account")


@router.post("/account/sessions/{number}/end", dependencies=[SENT_BY_US])
def end_session(visit: Viewer, number: Number) -> Response:
    """End a session, such as that of a phone that is lost."""
    with visit.site.writing() as connection:
        accounts.end_session(connection, visit.someone.actor, number)
    return visit.go("/account")


def _users(visit: Visit, fault: str = "", invited: str = "", link: str = "") -> Response:
    with visit.site.reading() as connection:
        known = accounts.users(connection)
        seen = cameras.cameras(connection, None)
    return visit.page(
        "users.html", 400 if fault else 200, users=known, cameras=seen, fault=fault, invited=invited, link=link
    )


def _account(visit: Visit, fault: str = "", done: str = "", token: str = "") -> Response:
    with visit.site.reading() as connection:
        tokens = accounts.tokens_of(connection, visit.someone.id)
        sessions = accounts.sessions_of(connection, visit.someone.id)
    return visit.page(
        "account.html",
        400 if fault else 200,
        tokens=tokens,
        sessions=sessions,
        scopes=SCOPES if visit.someone.is_administrator else SCOPES[:1],
        fault=fault,
        done=done,
        token=token,
    )


def _sight(role: str, everything: bool, camera: list[int] | None) -> Sight:
    return None if everything or role == "administrator" else frozenset(camera or ())
