"""Programs that visit the pages as a browser does, and send what no browser would."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from sites import PASSWORD, Site

SESSION = "imagehub_session"


class Visitor(httpx.Client):
    """Somebody with cookies; who is signed in has the form token of the session."""

    token = ""

    @property
    def secret(self) -> str:
        """The secret of the session; empty: not signed in."""
        return self.cookies.get(SESSION) or ""

    def sign_in(self, name: str, **more: Any) -> httpx.Response:
        """Send the form at /sign-in."""
        answer = self.post("/sign-in", data={"name": name, "password": PASSWORD}, **more)
        found = re.search(r'name="form_token" value="(\S+)"', self.get("/account").text)
        self.token = found[1] if found else ""
        return answer

    def submit(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as one of our pages does, with the session's form token."""
        return self.post(path, data={"form_token": self.token, **fields})

    def is_signed_in(self) -> bool:
        """Tell whether the pages open."""
        return self.get("/account").status_code == 200


@contextmanager
def visitor(site: Site, name: str = "", **options: Any) -> Iterator[Visitor]:
    """Give somebody at a site; who has a name is signed in."""
    with Visitor(base_url=site.url, verify=False, timeout=30, **options) as made:
        if name:
            answer = made.sign_in(name)
            assert answer.status_code == 303, answer.text
            assert made.token
        yield made
