"""ETags of the API's answers, and changes of only what the caller has seen."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from imagehub.librarian.web.api.problems import ProblemError
from imagehub.librarian.web.conditional import known, tag

IfMatch = Annotated[
    str | None, Header(description="ETag of what you have seen; the change is made only if it is still so.")
]


class TaggedRoute(APIRoute):
    """Gives each answer that is made in one piece its ETag, and answers 304 to who has it already."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a request."""
        handle = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            answer = await handle(request)
            body = getattr(answer, "body", None)
            if answer.status_code != 200 or body is None:
                return answer
            if request.method == "GET":
                return known(request, answer, tag(bytes(body)))
            answer.headers["ETag"] = tag(bytes(body))
            return answer

        return tagged


def check_unchanged(if_match: str | None, current: BaseModel) -> None:
    """Let a change pass if the caller has seen what it changes, or does not ask for that.

    Raises:
        ProblemError: it was changed since.
    """
    if not if_match or if_match.strip() == "*":
        return
    etag = tag(current.model_dump_json().encode())
    if etag not in [one.strip() for one in if_match.split(",")]:
        raise ProblemError(412, "It was changed since you read it. Read it again.", ETag=etag)
