"""Signing in and out, the first administrator, and a forgotten password."""

import logging
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form
from fastapi.responses import Response

from imagehub.librarian import accounts, notify
from imagehub.librarian.accounts import AccountError, User
from imagehub.librarian.settings import base_url
from imagehub.librarian.web.site import Site
from imagehub.librarian.web.times import now_us
from imagehub.librarian.web.visit import SENT_BY_US, SESSION_COOKIE, Anyone, Viewer, Visit, ours

router = APIRouter()
log = logging.getLogger(__name__)
Text = Annotated[str, Form()]
# Where to go next: left out by links that were typed.
Wanted = Annotated[str, Form()]


@router.get("/healthz")
def healthz(visit: Anyone) -> Response:
    """Say that pages are served and the catalog answers."""
    with visit.site.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    return Response("ok\n", media_type="text/plain")


@router.get("/sign-in")
def sign_in_form(visit: Anyone, next: str = "/") -> Response:  # noqa: A002  (the word in the address)
    """Show the form."""
    return visit.go(ours(next)) if visit.user else visit.page("sign_in.html", next=ours(next), name="", fault="")


@router.post("/sign-in")
def sign_in(visit: Anyone, name: Text, password: Text, next: Wanted = "/") -> Response:  # noqa: A002
    """Begin a session."""
    now, days = now_us(), visit.site.settings.web.session_days
    with visit.site.writing() as connection:
        try:
            _, secret = accounts.sign_in(connection, name, password, visit.address, now, days)
        except AccountError as error:
            fault = str(error)
        else:
            return _with_session(visit, visit.go(ours(next)), secret)
    return visit.page("sign_in.html", 401, next=ours(next), name=name, fault=fault)


@router.post("/sign-out", dependencies=[SENT_BY_US])
def sign_out(visit: Viewer) -> Response:
    """End the session."""
    with visit.site.writing() as connection:
        accounts.sign_out(connection, visit.session)
    answer = visit.go("/sign-in")
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/first/{secret}")
def first_form(visit: Anyone, secret: str) -> Response:
    """Show the form that makes the first administrator."""
    return visit.page("first.html", secret=secret, name="", mail="", fault="")


@router.post("/first")
def first(visit: Anyone, secret: Text, name: Text, password: Text, mail: Wanted = "") -> Response:
    """Make the first administrator, who is signed in at once."""
    try:
        with visit.site.writing() as connection:
            accounts.use_first(connection, secret, name, mail, password, now_us())
    except AccountError as error:
        return visit.page("first.html", 400, secret=secret, name=name, mail=mail, fault=str(error))
    return sign_in(visit, name, password, "/")


@router.get("/forgotten")
def forgotten_form(visit: Anyone) -> Response:
    """Show where to ask for another password."""
    return visit.page("forgotten.html", sent=False, fault="", mail=visit.site.settings.mail.server is not None)


@router.post("/forgotten")
def forgotten(visit: Anyone, name: Text, later: BackgroundTasks) -> Response:
    """Mail a link, if there is somebody with that name or address; the answer is the same if not."""
    with visit.site.writing() as connection:
        try:
            found, fault = accounts.ask_reset(connection, name, visit.address, now_us()), ""
        except AccountError as error:
            found, fault = None, str(error)
    if found:
        later.add_task(_mail_link, visit.site, *found)
    return visit.page("forgotten.html", sent=not fault, fault=fault, mail=visit.site.settings.mail.server is not None)


def _mail_link(site: Site, user: User, secret: str) -> None:
    link = f"{base_url(site.settings.web)}/reset/{secret}"
    text = (
        f"Somebody asked for another password of {user.name}.\nChoose it within an hour:\n\n{link}\n\n"
        "If it was not you, do nothing."
    )
    try:
        notify.send_mail(site.settings.mail, user.mail, "imagehub: another password", text)
    except notify.NotSentError as error:
        log.error("the mail to reset a password was not sent: %s", error)


@router.get("/reset/{secret}")
def reset_form(visit: Anyone, secret: str) -> Response:
    """Show where to choose a password."""
    with visit.site.reading() as connection:
        user = accounts.reset_user(connection, secret, now_us())
    return visit.page("reset.html", 200 if user else 404, secret=secret, owner=user, fault="")


@router.post("/reset")
def reset(visit: Anyone, secret: Text, password: Text) -> Response:
    """Set the password; who did it signs in with it."""
    with visit.site.writing() as connection:
        owner = accounts.reset_user(connection, secret, now_us())
        try:
            accounts.use_reset(connection, secret, password, now_us())
        except AccountError as error:
            return visit.page("reset.html", 400, secret=secret, owner=owner, fault=str(error))
    return visit.go("/sign-in")


def _with_session(visit: Visit, answer: Response, secret: str) -> Response:
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=visit.site.settings.web.session_days * 86400,
        httponly=True,
        samesite="lax",
        secure=visit.request.url.scheme == "https",
    )
    return answer
