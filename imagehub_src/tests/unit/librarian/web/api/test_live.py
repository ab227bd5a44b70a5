"""What arrives, as it arrives."""

from collections.abc import Iterator

from fastapi import Request
from sqlalchemy import update

from calling import Called
from imagehub.librarian import schema
from imagehub.librarian.web.api.caller import identify
from imagehub.librarian.web.api.live import _News


def _news(api: Called, who: str, begin: str = "") -> _News:
    headers = [(b"authorization", f"Bearer {api.tokens[who]}".encode())]
    scope = {"type": "http", "method": "GET", "headers": headers, "app": _App(api), "client": ("testclient", 1)}
    return _News(identify(Request(scope)), begin)


class _App:
    """As much of an application as a request asks for."""

    def __init__(self, api: Called) -> None:
        self.state = self
        self.site = api.site


def _names(text: str | None) -> Iterator[str]:
    for line in (text or "").splitlines():
        if line.startswith("id: "):
            yield line.removeprefix("id: ")


def test_begins_with_what_comes_next_and_goes_on_behind_an_id(api: Called) -> None:
    """Nothing is sent twice, and nothing is left out."""
    assert _news(api, "all")() == ""
    news = _news(api, "all", "8-9")
    assert list(_names(news())) == ["9-9", "10-9", "10-10"]
    assert news() == ""
    assert list(_names(_news(api, "guest", "8-8")())) == ["9-8", "9-9"]


def test_a_caller_who_may_look_no_more_gets_nothing_more(api: Called) -> None:
    """The token was revoked, or the camera was taken from them, while they listened."""
    guest = _news(api, "guest", "8-8")
    with api.site.writing() as connection:
        connection.execute(update(schema.user_cameras).values(camera_id=2))
    assert '"camera":"Gate"' not in (guest() or "")
    with api.site.writing() as connection:
        connection.execute(update(schema.users).values(disabled=True))
    assert guest() is None
