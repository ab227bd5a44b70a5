"""All routes of the web page, found in the application itself, so that tests cover a new one by themselves."""

import re
from collections.abc import Iterator, Mapping

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from imagehub.librarian.web.pages import ROUTERS
from sites import Site

ENTRANCE = {"/sign-in", "/first", "/first/{secret}", "/forgotten", "/reset", "/reset/{secret}", "/healthz"}
# These answer with something else than a page.
NO_PAGES = {
    "/live",
    "/healthz",
    "/images/{number}/file",
    "/images/{number}/thumbnail/{size}",
    "/sessions/{key}/files/{name}",
}
# Pages of what the site of the tests has not.
ABSENT = {"/reset/{secret}", "/rules/{number}"}


def routes(method: str) -> list[APIRoute]:
    """Return the routes with a method."""
    known = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert known
    return [route for route in known if method in (route.methods or ())]


def examples(site: Site) -> dict[str, str]:
    """Return what stands for the names in paths: a number of something that exists."""
    return {
        "/images/{number}": str(site.images("Barn P1")[30][0]),
        "/cameras/{number}": str(site.cameras()["Barn P1"]),
        "{number}": "1",
        "{size}": "small",
        "{secret}": "no-such-secret",
        "{key}": site.session().key,
        "{name}": next(iter(site.session().files)),
    }


def filled(path: str, values: Mapping[str, str]) -> str:
    """Return the path of a route with its names replaced, the longest that fit first."""
    for pattern in sorted(values, key=len, reverse=True):
        start = path.find(pattern)
        if start >= 0:
            path = path.replace(pattern, re.sub(r"\{\w+\}", values[pattern], pattern))
    assert "{" not in path, f"say in routes.examples what stands for the name in {path}"
    return path


def pages(site: Site) -> Iterator[str]:
    """Yield the addresses of all pages that an administrator can open; what they show is there."""
    for route in routes("GET"):
        if route.path not in NO_PAGES | ABSENT:
            yield filled(route.path, examples(site))


def query_names(dependant: Dependant) -> set[str]:
    """Return the names of the parameters that a route reads from its address."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(query_names(other) for other in dependant.dependencies))
