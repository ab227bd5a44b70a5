"""What an answer says when something is wrong: `application/problem+json`, as RFC 9457 has it."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from imagehub.librarian.accounts import AccountError, HeldBackError
from imagehub.librarian.queries.faults import CursorError, ValueFault
from imagehub.librarian.retention.errors import RetentionError
from imagehub.librarian.web.visit import FormExpiredError, NotAllowedError, SignInNeededError

MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="imagehub"'

Thing = TypeVar("Thing")


class Fault(BaseModel):
    """One value that is not as it has to be: `field` says where it stands, as `query.limit` or `body.name`."""

    field: str
    detail: str


class Problem(BaseModel):
    """Why a call did not do what it was asked to."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class ProblemError(Exception):
    """Ends a call with a problem."""

    def __init__(self, status: int, detail: str, errors: Sequence[Fault] = (), **headers: str) -> None:
        super().__init__(detail)
        self.problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def response(self) -> Response:
        """The answer."""
        body = self.problem.model_dump_json()
        return Response(body, self.problem.status, self.headers, media_type=MEDIA_TYPE)


def not_found(what: str) -> ProblemError:
    """Return the problem that something is not there, or not for this caller: nobody learns which."""
    return ProblemError(404, f"There is no such {what}, or you may not see it.")


def found(what: str, thing: Thing | None) -> Thing:
    """Return a thing that was looked for.

    Raises:
        ProblemError: it is None.
    """
    if thing is None:
        raise not_found(what)
    return thing


def unauthorized(detail: str) -> ProblemError:
    """Return the problem that the caller has to say who it is."""
    return ProblemError(401, detail, WWW_Authenticate=CHALLENGE)


def invalid(field: str, text: str) -> ProblemError:
    """Return the problem that a value is not as it has to be."""
    return ProblemError(422, f"{field}: {text}", [Fault(field=field, detail=text)])


def add_handlers(api: FastAPI) -> None:
    """Answer whatever is raised with a problem."""
    api.add_exception_handler(405, _wrong_method)
    for kind, problem in _PROBLEMS.items():
        api.add_exception_handler(kind, lambda _, error, problem=problem: problem(error).response)
    api.add_exception_handler(Exception, _broken)


def _of_http(error: HTTPException) -> ProblemError:
    detail = "There is nothing at this address." if error.status_code == 404 else str(error.detail)
    headers = {name.replace("-", "_"): value for name, value in (error.headers or {}).items()}
    return ProblemError(error.status_code, detail, (), **headers)


async def _wrong_method(request: Request, _: Exception) -> Response:
    # A router knows only those of the first of its routes.
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    known = request.app.openapi()["paths"].items()
    fits = (methods for template, methods in known if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path))
    allow = {method.upper() for method in next(fits, ())}
    allow |= {"HEAD"} if "GET" in allow else set()
    return ProblemError(405, "This address does not take that method.", Allow=", ".join(sorted(allow))).response


def _of_validation(error: RequestValidationError) -> ProblemError:
    faults = [Fault(field=".".join(map(str, fault["loc"])), detail=fault["msg"]) for fault in error.errors()]
    return ProblemError(422, "; ".join(f"{fault.field}: {fault.detail}" for fault in faults), faults)


def _held_back(error: HeldBackError) -> ProblemError:
    return ProblemError(429, str(error), Retry_After=str(error.seconds))


async def _broken(_: Request, __: Exception) -> Response:
    return ProblemError(500, "Something broke. The log of the librarian says what.").response


_PROBLEMS: dict[type[Exception], Any] = {
    ProblemError: lambda error: error,
    HTTPException: _of_http,
    RequestValidationError: _of_validation,
    ValueFault: lambda error: invalid(error.field, error.text),
    CursorError: lambda error: invalid("query.cursor", str(error)),
    HeldBackError: _held_back,
    RetentionError: lambda error: ProblemError(422, str(error)),
    AccountError: lambda error: ProblemError(422, str(error)),
    SignInNeededError: lambda _: unauthorized("Give an API token: `Authorization: Bearer imh_...`."),
    NotAllowedError: lambda _: ProblemError(403, "Your account may not do that."),
    FormExpiredError: lambda _: ProblemError(403, "With a session cookie, changes need the header X-Form-Token."),
}
