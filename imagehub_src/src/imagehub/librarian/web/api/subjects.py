"""How the routers of the API are made, and what their operations have in common."""

from typing import Any

from fastapi import APIRouter, Depends
from starlette.convertors import Convertor, register_url_convertor

from imagehub.librarian.web.api.caller import BEARER, COOKIE
from imagehub.librarian.web.api.problems import Problem
from imagehub.librarian.web.api.tags import TaggedRoute

_REFUSALS = {
    400: "The body can't be read.",
    401: "It is not said who calls, or the token is not valid.",
    403: "The caller may not do that, or the token lacks the scope.",
    422: "Something that was given is not as it has to be.",
    429: "There were too many wrong tokens from this address; `Retry-After` says how long to wait.",
}


class _Number(Convertor[int]):
    """An id in a path; other words are left to other routes."""

    regex = "[0-9]{1,19}"

    def convert(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Write it."""
        return str(value)


# Paths have it as `{id:number}`.
register_url_convertor("number", _Number())


def subject(name: str) -> APIRouter:
    """Return a router for one subject."""
    return APIRouter(
        prefix=f"/{name}",
        tags=[name],
        route_class=TaggedRoute,
        responses=refusals(_REFUSALS),
        dependencies=[Depends(BEARER), Depends(COOKIE)],
    )


def refusals(described: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of answers that are problems."""
    return {status: {"model": Problem, "description": text} for status, text in described.items()}


NO_SUCH = refusals({404: "There is none, or none that the caller may see."})
CHANGED_SINCE = refusals({412: "It was changed since the caller read it; see `If-Match`."})
EXISTS = refusals({409: "There is one already."})
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The caller has it already; see `If-None-Match`."}
}
