"""The pages serve everybody: readers of screens, keyboards, phones, and those who want to stay unobserved."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, StorageState, expect

from browsing import DESKTOP, PHONE, opened, watch
from routes import pages
from sites import Site

LOOKS = {
    f"{name}-{scheme}": {"viewport": size, "color_scheme": scheme}
    for (name, size), scheme in product({"desktop": DESKTOP, "phone": PHONE}.items(), ("light", "dark"))
}


@pytest.fixture(params=LOOKS)
def looked(request: pytest.FixtureRequest, browser: Browser, site: Site, signed_in: StorageState) -> Iterator[Page]:
    """Give a page as it looks on some screen."""
    with opened(browser, site, storage_state=signed_in, **LOOKS[request.param]) as made:
        yield made


@cache
def axe() -> str:
    """Return the script that finds barriers."""
    return str(Axe().axe_script)


def barriers(page: Page) -> list[str]:
    """Return what keeps somebody from using a page, by the rules that count it as serious or critical."""
    page.evaluate(axe())
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(result => result.violations)")
    return [
        f"{page.url}: {one['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def test_no_page_has_a_barrier(looked: Page, site: Site) -> None:
    """Axe finds nothing serious or critical on any page, on no screen, light or dark."""
    found = []
    for path in pages(site):
        looked.goto(path)
        found += barriers(looked)
    assert found == []


def test_a_barrier_would_be_found(page: Page) -> None:
    """The look for barriers sees a picture without words, a field without a label, and text too pale to read."""
    page.goto("/gallery")
    page.evaluate("""() => {
        document.querySelector("main").insertAdjacentHTML("beforeend", "<input><p id=pale>pale</p>");
        document.querySelector(".tile img").removeAttribute("alt");
        document.getElementById("pale").style.color = "#ddd";
    }""")
    found = "\n".join(barriers(page))
    assert all(rule in found for rule in ("image-alt", "label", "color-contrast")), found


def test_no_page_is_wider_than_the_screen(looked: Page, site: Site) -> None:
    """Nobody scrolls sideways to read."""
    wide = []
    for path in pages(site):
        looked.goto(path)
        if looked.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(path)
    assert wide == []


def test_pages_ask_nobody_else_and_break_no_rule(page: Page, site: Site) -> None:
    """A walk over all pages sends no request to another host and leaves no complaint on the console."""
    seen = watch(page)
    refused = {path for path in pages(site) if walked(page, path) >= 400}
    assert refused == set()
    assert len(seen.requests) > 50
    assert seen.foreign(site) == []
    assert seen.complaints == []


def walked(page: Page, path: str) -> int:
    """Go to a page and return its status, once all that it shows is loaded."""
    answer = page.goto(path)
    return answer.status if answer else 0


def test_what_breaks_the_policy_is_noticed(page: Page) -> None:
    """The look for complaints sees a script and a picture from elsewhere, which the browser does not load."""
    seen = watch(page)
    page.evaluate("""() => new Promise(done => {
        document.addEventListener("securitypolicyviolation", done, {once: true});
        document.body.append(Object.assign(document.createElement("img"), {src: "https://example.org/picture.png"}));
    })""")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in seen.complaints)


def test_the_keyboard_is_enough(page: Page, site: Site) -> None:
    """The first key leads past the navigation; from the gallery to a picture and its neighbours without a mouse."""
    page.goto("/gallery")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("To the content")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    names = tabbed(page, 25)
    assert names[0] == "camera"
    assert names.index("day") < names.index("object") < names.index("plate")
    page.locator(".tile a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/images/*")
    before = page.url
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda address: address != before)


def tabbed(page: Page, presses: int) -> list[str]:
    """Return the ids of what the next presses of the tab key lead to, without repeats."""
    found = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        found.append(page.evaluate("document.activeElement.id"))
    return list(dict.fromkeys(name for name in found if name))


def test_arrow_keys_stay_with_whoever_types(page: Page) -> None:
    """In a field they move the cursor, not the page."""
    page.goto("/timeline")
    before = page.url
    page.get_by_label("Day", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    assert page.url == before


def test_where_the_focus_is_can_be_seen(looked: Page) -> None:
    """What the keyboard stands on has an outline."""
    looked.goto("/gallery")
    for _ in range(3):
        looked.keyboard.press("Tab")
        assert looked.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
