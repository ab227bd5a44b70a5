"""The guard refuses what other sites' pages send, and tells browsers the rules."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from imagehub.librarian.web.guard import HEADERS, Guard

HOST = "http://pictures.example.org"


def hello(request: Request) -> Response:
    """Answer; with a header of its own, if it is asked to."""
    return PlainTextResponse("hello", headers={"Cache-Control": "private"} if request.url.path == "/kept" else {})


def answer(method: str, address: str, **headers: str) -> httpx.Response:
    """Return what a guarded application answers; underscores in names of headers are hyphens."""
    routes = [Route(path, hello, methods=["GET", "POST"]) for path in ("/", "/kept")]

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Guard(Starlette(routes=routes)))
        async with httpx.AsyncClient(transport=transport) as client:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, address, headers=sent)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": HOST}, 200),
        ({"Origin": HOST, "Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://example.org"}, 403),
        ({"Origin": f"{HOST}:81"}, 403),
        ({"Origin": f"{HOST}.example.com"}, 403),
    ],
)
def test_only_our_own_pages_send_forms(headers: dict[str, str], status: int) -> None:
    """Whatever the browser tells of where a form comes from has to fit; looking is free."""
    assert answer("POST", f"{HOST}/", **headers).status_code == status
    assert answer("GET", f"{HOST}/", **headers).status_code == 200


@pytest.mark.parametrize("path", ["/%00", "/?name=%00", "/?%00"])
def test_a_nul_is_no_part_of_an_address(path: str) -> None:
    """Some databases break at it."""
    assert answer("GET", f"{HOST}{path}").status_code == 400


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/%00"])
def test_every_answer_has_the_headers(path: str) -> None:
    """Refusals too; none is kept by a browser unless it says so."""
    headers = answer("GET", f"{HOST}{path}").headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert headers["Cache-Control"] == "no-store"


def test_what_an_answer_says_itself_counts() -> None:
    """The guard adds, and replaces nothing."""
    assert answer("GET", f"{HOST}/kept").headers["Cache-Control"] == "private"


def test_with_tls_browsers_stay_with_it() -> None:
    """And are told so with TLS only."""
    assert "Strict-Transport-Security" not in answer("GET", f"{HOST}/").headers
    assert "Strict-Transport-Security" in answer("GET", HOST.replace("http", "https")).headers
