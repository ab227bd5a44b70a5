"""The API as one application, below `/api/v1`."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from imagehub import __version__
from imagehub.librarian.web import api as subjects
from imagehub.librarian.web.api import problems
from imagehub.librarian.web.site import Site

PATH = "/api/v1"
DESCRIPTION = """\
Times are RFC 3339 in UTC. Long lists come newest first, in pages: `next` in the answer is the address of the next one.
Errors are `application/problem+json`. Answers have ETags: with `If-None-Match`, what has not changed is not sent."""


class _Api(FastAPI):
    """An API whose document says that problems have their own media type."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _with_problems(super().openapi())
        return self.openapi_schema


class HeadAsGet:
    """Answers HEAD as GET: servers leave out the body. What would never end looks at `head` in its scope."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", "head": True}
        await self._app(scope, receive, send)


def build(site: Site) -> FastAPI:
    """Return the API of a site."""
    api = _Api(
        title="imagehub librarian",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": PATH}],
        root_path_in_servers=False,
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.site = site
    api.add_middleware(HeadAsGet)
    problems.add_handlers(api)
    for router in subjects.ROUTERS:
        api.include_router(router)
    return api


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if status >= "400" and "application/json" in content:
                    content[problems.MEDIA_TYPE] = content.pop("application/json")
    return document
