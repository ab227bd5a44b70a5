"""Who asks, and what they get: each handler of a page is given a `Visit`."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from imagehub.librarian import accounts
from imagehub.librarian.accounts import User
from imagehub.librarian.sight import Sight
from imagehub.librarian.web import rendering, times
from imagehub.librarian.web.site import Site

SESSION_COOKIE = "imagehub_session"
ZONE_COOKIE = "imagehub_zone"


class SignInNeededError(Exception):
    """Nobody is signed in, and the page is not for everybody."""


class NotAllowedError(Exception):
    """Whoever is signed in may not do that."""


class FormExpiredError(Exception):
    """A form was not sent by a page that this session got from us."""


@dataclass(frozen=True)
class Visit:
    """One request for a page. `user` is None where nobody needs to be signed in."""

    site: Site
    request: Request
    user: User | None

    @property
    def someone(self) -> User:
        """Whoever is signed in; raises SignInNeededError if nobody is."""
        if self.user is None:
            raise SignInNeededError
        return self.user

    @property
    def sight(self) -> Sight:
        """The cameras that may be seen."""
        return self.someone.cameras

    @property
    def zone(self) -> ZoneInfo | None:
        """The viewer's time zone, as the browser tells it; None: this machine's."""
        return times.zone_named(self.request.cookies.get(ZONE_COOKIE, ""))

    @property
    def session(self) -> str:
        """The secret of the session; empty: there is none."""
        return self.request.cookies.get(SESSION_COOKIE, "")

    @property
    def address(self) -> str:
        """The network address of the one who asks."""
        return self.request.client.host if self.request.client else ""

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page; for a request of htmx, templates leave out what is around its main part."""
        return rendering.page(self, template, status, values)

    def go(self, path: str) -> Response:
        """Send the browser to another of our pages, after a form was taken in."""
        if "HX-Request" in self.request.headers:
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, status_code=303)


def anyone(request: Request) -> Visit:
    """Give the visit of somebody who may or may not be signed in."""
    site: Site = request.app.state.site
    secret = request.cookies.get(SESSION_COOKIE, "")
    user = _signed_in(site, secret) if secret else None
    return Visit(site, request, user)


def _signed_in(site: Site, secret: str) -> User | None:
    now, days = times.now_us(), site.settings.web.session_days
    with site.reading() as connection:
        user = accounts.session(connection, secret, now, days)
    if user is not None:
        accounts.touch(site.engine, secret, now, days)
    return user


def viewer(visit: Annotated[Visit, Depends(anyone)]) -> Visit:
    """Give the visit of somebody who is signed in."""
    if visit.user is None:
        raise SignInNeededError
    return visit


def administrator(visit: Annotated[Visit, Depends(viewer)]) -> Visit:
    """Give the visit of an administrator."""
    if not visit.someone.is_administrator:
        raise NotAllowedError
    return visit


def unrestricted(visit: Annotated[Visit, Depends(viewer)]) -> Visit:
    """Give the visit of somebody who may see all cameras: an administrator, or a viewer for whom none were chosen."""
    if visit.sight is not None:
        raise NotAllowedError
    return visit


async def sent_by_us(visit: Annotated[Visit, Depends(viewer)]) -> None:
    """Let only forms pass that a page of this session sent: they carry the session's form token."""
    given = visit.request.headers.get("X-Form-Token") or str((await visit.request.form()).get("form_token", ""))
    if not accounts.form_token_fits(visit.session, given):
        raise FormExpiredError


Anyone = Annotated[Visit, Depends(anyone)]
Viewer = Annotated[Visit, Depends(viewer)]
Everything = Annotated[Visit, Depends(unrestricted)]
Administrator = Annotated[Visit, Depends(administrator)]
# For every route that changes something: `dependencies=[SENT_BY_US]`.
SENT_BY_US = Depends(sent_by_us)


def sign_in_path(request: Request) -> str:
    """Return where to sign in, and come back from."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/sign-in" if wanted == "/" or request.method != "GET" else f"/sign-in?next={quote(wanted)}"


def ours(path: str) -> str:
    """Return a path to come back to, if it is one of our pages; else that of the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and "\\" not in path else "/"
