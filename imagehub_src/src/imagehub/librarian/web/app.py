"""The pages and the API as one application."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from imagehub import __version__
from imagehub.librarian.accounts import AccountError
from imagehub.librarian.queries.faults import CursorError
from imagehub.librarian.web import metrics, pages
from imagehub.librarian.web.api import app as api
from imagehub.librarian.web.api.problems import ProblemError
from imagehub.librarian.web.guard import Guard
from imagehub.librarian.web.rendering import STATIC
from imagehub.librarian.web.site import Site
from imagehub.librarian.web.visit import FormExpiredError, NotAllowedError, SignInNeededError, anyone, sign_in_path

LONG_SECONDS = 365 * 24 * 3600


class _Kept(StaticFiles):
    """Our own files: their addresses change with them, so that browsers keep them."""

    def file_response(self, *args: object, **more: object) -> Response:
        answer = super().file_response(*args, **more)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = f"public, max-age={LONG_SECONDS}, immutable"
        return answer


def build(site: Site) -> FastAPI:
    """Return the application for a site."""
    off: dict[str, Any] = dict.fromkeys(("docs_url", "redoc_url", "openapi_url"))
    # Redirects to another spelling would repeat whatever host a request claims.
    app = FastAPI(title="imagehub", version=__version__, redirect_slashes=False, **off)
    app.state.site = site
    app.add_middleware(Guard)
    app.mount("/static", _Kept(directory=STATIC), name="static")
    app.state.api = api.build(site)
    app.mount(api.PATH, app.state.api)
    for router in pages.ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.include_router(metrics.router, include_in_schema=False)
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(NotAllowedError, _not_allowed)
    app.add_exception_handler(FormExpiredError, _form_expired)
    app.add_exception_handler(HTTPException, _failed)
    for kind in (AccountError, CursorError):
        app.add_exception_handler(kind, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(Exception, _broken)
    return app


def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return error.response


def _sign_in(request: Request, _: Exception) -> Response:
    path = sign_in_path(request)
    if "HX-Request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)


def _not_allowed(request: Request, _: Exception) -> Response:
    return _error(request, 403, "Not for you", "Your account may not do that. Ask an administrator.")


def _form_expired(request: Request, _: Exception) -> Response:
    return _error(
        request, 403, "The form has expired", "Nothing was changed. Load the page again and repeat what you did."
    )


def _refused(request: Request, error: Exception) -> Response:
    return _error(request, 400, "That did not work", f"{error}.")


def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _error(request, 404, "Not here", "There is no such page or picture, or it was deleted.")
    answer = _error(request, error.status_code, "That did not work", str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
    return _error(request, 422, "Not understood", faults)


def _broken(request: Request, _: Exception) -> Response:
    return _error(request, 500, "Something broke", "The log of the librarian says what. Try again in a moment.")


def _error(request: Request, status: int, title: str, text: str) -> Response:
    return anyone(request).page("error.html", status, title=title, text=text)
