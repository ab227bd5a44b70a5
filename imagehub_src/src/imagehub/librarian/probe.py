"""`imagehub-librarian probe`: does the page answer? It is asked until it does, or the time is over."""

import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from imagehub.errors import ImagehubError
from imagehub.librarian.settings import Settings, Web

EVERYWHERE = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where to ask, not where to listen
PAUSE_SECONDS = 0.1
ANSWER_SECONDS = 5.0


def probe(settings: Settings, deadline_seconds: float) -> str:
    """Return in one line how the librarian with these settings answered.

    Raises:
        ImagehubError: the page did not say `ok` before the deadline; says what was wrong at last.
    """
    if not settings.web.enabled:
        return "web.enabled is false: there is no page to ask"
    end = time.monotonic() + deadline_seconds
    while True:
        began = time.monotonic()
        try:
            _ask(settings.web)
        except (OSError, HTTPException, ImagehubError) as error:
            if time.monotonic() + PAUSE_SECONDS > end:
                raise ImagehubError(f"{_place(settings.web)}: no ok within {deadline_seconds:g} s: {error}") from error
        else:
            return f"{_place(settings.web)} answered ok in {(time.monotonic() - began) * 1e3:.1f} ms"
        time.sleep(PAUSE_SECONDS)


def _ask(web: Web) -> None:
    connection = _connection(web)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        body = response.read(1000).strip()
    finally:
        connection.close()
    if response.status != 200 or body != b"ok":
        raise ImagehubError(f"/healthz is {response.status} {response.reason}: {body.decode(errors='replace')}")


def _connection(web: Web) -> HTTPConnection:
    host = EVERYWHERE.get(web.address, web.address)
    if web.certificate is None:
        return HTTPConnection(host, web.port, timeout=ANSWER_SECONDS)
    # The certificate is for the name that users type; nothing secret is asked here.
    anyone = ssl._create_unverified_context()  # noqa: S323, SLF001
    return HTTPSConnection(host, web.port, timeout=ANSWER_SECONDS, context=anyone)


def _place(web: Web) -> str:
    host = EVERYWHERE.get(web.address, web.address)
    return f"{'https' if web.certificate else 'http'}://{f'[{host}]' if ':' in host else host}:{web.port}"
