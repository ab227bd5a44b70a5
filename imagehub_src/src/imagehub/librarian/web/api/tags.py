"""ETags: callers that have an answer already don't get it again, and change only what they have seen."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from imagehub.librarian.web.api.problems import ProblemError

IfMatch = Annotated[str | None, Header(description="ETag of what you have seen; it is changed only if it is still so.")]


class TaggedRoute(APIRoute):
    """Gives each answer that is made in one piece its ETag, and answers 304 to who has it already."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a request."""
        handle = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            answer = await handle(request)
            whole = answer.status_code == 200 and request.method in {"GET", "HEAD"} and hasattr(answer, "body")
            return known(request, answer, tag(bytes(answer.body))) if whole else answer

        return tagged


def known(request: Request, answer: Response, etag: str) -> Response:
    """Return an answer with its ETag, or 304 if the caller has it."""
    if has(request, etag):
        return Response(status_code=304, headers={"ETag": etag, "Cache-Control": "private, no-cache"})
    answer.headers["ETag"] = etag
    answer.headers.setdefault("Cache-Control", "private, no-cache")
    return answer


def tag(*parts: object) -> str:
    """Return a strong ETag for what is made of these parts."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def has(request: Request, etag: str) -> bool:
    """Tell whether the caller has what bears this ETag."""
    given = request.headers.get("If-None-Match", "")
    return given.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in given.split(",")]


def check_unchanged(if_match: str | None, current: BaseModel) -> None:
    """Let a change pass if the caller has seen what it changes, or does not ask for that.

    Raises:
        ProblemError: it was changed since.
    """
    if if_match is None or if_match.strip() == "*":
        return
    etag = tag(current.model_dump_json().encode())
    if etag not in [one.strip() for one in if_match.split(",")]:
        raise ProblemError(412, "It was changed since you read it. Read it again.", ETag=etag)
