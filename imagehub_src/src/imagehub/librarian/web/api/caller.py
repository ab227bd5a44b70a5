"""Who calls, and what they may do: a program with an API token, or a page with its viewer's session."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from imagehub.librarian import accounts
from imagehub.librarian.audit import Actor
from imagehub.librarian.sight import Sight
from imagehub.librarian.web.api.problems import CHALLENGE, ProblemError
from imagehub.librarian.web.guard import SAFE_METHODS
from imagehub.librarian.web.site import Site
from imagehub.librarian.web.times import now_us
from imagehub.librarian.web.visit import SESSION_COOKIE, FormExpiredError, NotAllowedError, SignInNeededError, anyone

Scope = Literal["read", "write", "admin"]

# For the OpenAPI document; `identify` looks itself.
BEARER = HTTPBearer(scheme_name="token", description="An API token: `imh_...`.", auto_error=False)
COOKIE = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="session",
    description="A browser's session; changes need the header `X-Form-Token` besides.",
    auto_error=False,
)


@dataclass(frozen=True)
class Caller:
    """One call by somebody who may make it."""

    site: Site
    request: Request
    user: accounts.User
    scopes: frozenset[str]

    @property
    def sight(self) -> Sight:
        """The cameras that may be seen."""
        return self.user.cameras

    @property
    def actor(self) -> Actor:
        """Whose name stands in the audit log."""
        return self.user.actor


def identify(request: Request) -> Caller:
    """Return who makes a request.

    Raises:
        ProblemError: the token is not valid.
        HeldBackError: the token is not valid, and there were too many such from that address.
        SignInNeededError: nothing says who it is.
        FormExpiredError: the session's form token is missing.
    """
    if "Authorization" in request.headers:
        _, _, secret = request.headers["Authorization"].partition(" ")
        return _by_token(request, secret.strip())
    return _by_session(request, request.cookies.get(SESSION_COOKIE, ""))


def _by_token(request: Request, secret: str) -> Caller:
    site: Site = request.app.state.site
    address = request.client.host if request.client else ""
    now = now_us()
    with site.reading() as connection:
        found = accounts.token(connection, secret, address, now)
    if found is None:
        raise ProblemError(401, "This API token is not valid.", WWW_Authenticate=f'{CHALLENGE}, error="invalid_token"')
    user, scopes = found
    accounts.touch(site.engine, secret, now, site.settings.web.session_days)
    return Caller(site, request, user, scopes)


def _by_session(request: Request, secret: str) -> Caller:
    visit = anyone(request)
    if visit.user is None:
        raise SignInNeededError
    given = request.headers.get("X-Form-Token", "")
    if request.method not in SAFE_METHODS and not accounts.form_token_fits(secret, given):
        raise FormExpiredError
    return Caller(visit.site, request, visit.user, frozenset(accounts.SCOPES))


def _with(scope: Scope, administrator: bool) -> Callable[[Caller], Caller]:
    def allowed(caller: Annotated[Caller, Depends(identify)]) -> Caller:
        if scope not in caller.scopes:
            refusal = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
            raise ProblemError(403, f"This API token lacks the scope `{scope}`.", WWW_Authenticate=refusal)
        if administrator and not caller.user.is_administrator:
            raise NotAllowedError
        return caller

    return allowed


# Who may look; who may look at everything; who may change cameras, images and rules; who may change accounts, and who
# their own.
Reader = Annotated[Caller, Depends(_with("read", administrator=False))]
Overseer = Annotated[Caller, Depends(_with("read", administrator=True))]
Writer = Annotated[Caller, Depends(_with("write", administrator=True))]
Administrator = Annotated[Caller, Depends(_with("admin", administrator=True))]
Owner = Annotated[Caller, Depends(_with("admin", administrator=False))]
