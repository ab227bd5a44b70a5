"""Whoever signs in comes back to where they wanted to go, and nowhere else."""

import pytest
from fastapi import Request

from imagehub.librarian.web.visit import ours, sign_in_path


def request(path: str, query: str = "", method: str = "GET") -> Request:
    """Return a request for a page."""
    about = {"path": path, "query_string": query.encode(), "headers": [], "server": ("localhost", 80)}
    return Request({"type": "http", "method": method, "scheme": "http", **about})


@pytest.mark.parametrize(
    ("path", "query", "method", "wanted"),
    [
        ("/", "", "GET", "/sign-in"),
        ("/gallery", "", "GET", "/sign-in?next=/gallery"),
        ("/gallery", "camera=1&day=2026-01-01", "GET", "/sign-in?next=/gallery%3Fcamera%3D1%26day%3D2026-01-01"),
        ("/cameras/1", "", "POST", "/sign-in"),
    ],
)
def test_the_form_knows_where_to_go_next(path: str, query: str, method: str, wanted: str) -> None:
    """To the page that was asked for; to the first one, if something was sent."""
    assert sign_in_path(request(path, query, method)) == wanted


@pytest.mark.parametrize("path", ["/", "/gallery?camera=1&day=2026-01-01", "/images/7"])
def test_our_pages_are_ours(path: str) -> None:
    """With all that stands in the address."""
    assert ours(path) == path


@pytest.mark.parametrize(
    "path", ["", "gallery", "//example.org", "/\\example.org", "https://example.org", "/a\nb", "/\t/b", "javascript:x"]
)
def test_nothing_else_is_ours(path: str) -> None:
    """It leads to the first page."""
    assert ours(path) == "/"
