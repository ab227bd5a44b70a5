"""Templates to pages."""

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from imagehub import __version__
from imagehub.librarian import accounts
from imagehub.librarian.web import times

if TYPE_CHECKING:
    from imagehub.librarian.web.visit import Visit

STATIC = Path(__file__).parent / "static"

# For whom, name, path: what stands in the navigation.
NAVIGATION = [
    ("viewer", "Wall", "/"),
    ("viewer", "Timeline", "/timeline"),
    ("viewer", "Gallery", "/gallery"),
    ("viewer", "Events", "/events"),
    ("viewer", "Objects", "/objects"),
    ("viewer", "Plates", "/plates"),
    ("viewer", "Cameras", "/cameras"),
    ("unrestricted", "Sessions", "/sessions"),
    ("administrator", "Vision", "/vision"),
    ("administrator", "Rules", "/rules"),
    ("administrator", "Notifications", "/notifications"),
    ("administrator", "Storage", "/storage"),
    ("administrator", "Hubs", "/hubs"),
    ("administrator", "Users", "/users"),
    ("administrator", "Audit log", "/audit"),
]


@cache
def environment() -> Environment:
    """Return the templates; what they show is escaped, and a name that they miss is an error."""
    made = Environment(
        loader=PackageLoader("imagehub.librarian.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=static, version=__version__, ago=times.ago, lasting=times.lasting, size=times.size)
    return made


@cache
def static(name: str) -> str:
    """Return the address of one of our files; it changes with the file, so that browsers may keep it for ever."""
    return f"/static/{name}?{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


def page(visit: "Visit", template: str, status: int, values: dict[str, Any]) -> Response:
    """Return a page for a visit."""
    about = {
        "visit": visit,
        "user": visit.user,
        "path": visit.request.url.path,
        "partial": "HX-Request" in visit.request.headers and "HX-Boosted" not in visit.request.headers,
        "navigation": _navigation(visit),
        "form_token": accounts.form_token(visit.session) if visit.user else "",
        "now": times.now_us(),
        "at": _at(visit),
    }
    return HTMLResponse(environment().get_template(template).render(about | values), status)


def _navigation(visit: "Visit") -> list[tuple[str, str]]:
    if visit.user is None:
        return []
    closed = set() if visit.user.is_administrator else {"administrator"}
    closed |= set() if visit.sight is None else {"unrestricted"}
    return [(name, path) for who, name, path in NAVIGATION if who not in closed]


def _at(visit: "Visit") -> Any:
    zone = visit.zone

    def at(time_us: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        return times.local(time_us, zone).strftime(form)

    return at
