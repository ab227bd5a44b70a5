"""A real browser that looks at a librarian's pages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Request, sync_playwright

from requirements_here import require
from sites import PASSWORD, Site

CHROMIUM = Path("/usr/bin/chromium")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser without a window."""
    require(CHROMIUM.exists(), "Chromium: apt-get install chromium")
    # Chromium's own sandbox refuses to work for root.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, site: Site, **options: Any) -> Iterator[Page]:
    """Give a page of a fresh browser profile, at the first page of a site."""
    context = browser.new_context(**{"base_url": site.url, "viewport": DESKTOP, "timezone_id": "UTC", **options})
    context.set_default_timeout(15_000)
    try:
        page = context.new_page()
        page.goto("/")
        yield page
    finally:
        context.close()


def sign_up(page: Page, site: Site, name: str = "admin") -> None:
    """Become the first administrator by the link that the log tells."""
    page.goto(site.first_link())
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/")


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fill in and send the form at /sign-in."""
    page.goto("/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


@dataclass
class Watch:
    """What a page asked for and complained about since `watch` was called."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def foreign(self, site: Site) -> list[str]:
        """Return the addresses that are not the site's own."""
        return [address for address in self.requests if not address.startswith((f"{site.url}/", "data:"))]


def watch(page: Page) -> Watch:
    """Note all requests of a page, the errors on its console, and what it broke of its security policy."""
    seen = Watch()

    def asked(request: Request) -> None:
        seen.requests.append(request.url)

    page.on("request", asked)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("console", lambda said: seen.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    return seen
