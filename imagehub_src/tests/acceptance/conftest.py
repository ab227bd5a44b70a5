"""One librarian with pictures and one browser for all tests that look at pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState

from browsing import chromium, opened, sign_in
from sites import Site, found_in, serving, three_cameras


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a librarian with three cameras, finds in one image, and the administrator `admin`."""
    folder = tmp_path_factory.mktemp("site")
    three_cameras(folder / "hub")
    with serving(folder / "librarian", folder / "hub", taken=68) as made:
        made.make_user("admin")
        found_in(made, made.images("Barn P1")[30][0], "person", "AB123")
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give the browser."""
    with chromium() as made:
        yield made


@pytest.fixture(scope="session")
def signed_in(site: Site, browser: Browser) -> StorageState:
    """Give the cookies of the administrator."""
    with opened(browser, site) as page:
        sign_in(page, "admin")
        return page.context.storage_state()


@pytest.fixture
def page(site: Site, browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """Give a page at which the administrator is signed in."""
    with opened(browser, site, storage_state=signed_in) as made:
        yield made
