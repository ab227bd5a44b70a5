"""What holds for every request: who may send forms, and what browsers may do with an answer."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
HEADERS = {
    # Everything comes from here: no foreign script, picture, frame or form.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Around the application: refuses what another site's page made a browser send, and adds HEADERS to answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), scope["scheme"])
            await send(message)

        await (_refusal(scope) or self._app)(scope, receive, guarded)


def _refusal(scope: Scope) -> ASGIApp | None:
    if scope["method"] not in SAFE_METHODS and not _same_site(Headers(scope=scope)):
        return _problem(403, "Forbidden", "refused: sent by a page of another site")
    # No name and no number has it, and PostgreSQL takes no text with it.
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return _problem(400, "Bad Request", "refused: a NUL in the address")
    return None


def _problem(status: int, title: str, detail: str) -> Response:
    """Return what programs read as any other problem of the API; people do not get to see it."""
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": []}
    return JSONResponse(problem, status, media_type="application/problem+json")


def _same_site(headers: Headers) -> bool:
    if headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == headers.get("Host")


def _add(headers: MutableHeaders, scheme: str) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    # Pages are never kept where others may find them.
    headers.setdefault("Cache-Control", "no-store")
    if scheme == "https":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
