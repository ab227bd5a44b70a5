"""Who is let in, and what each may see and do, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import opened, sign_in
from sites import PASSWORD, Site


@pytest.fixture
def fresh(site: Site, browser: Browser) -> Iterator[Page]:
    """Give a page at which nobody is signed in."""
    with opened(browser, site) as made:
        yield made


def test_an_invited_viewer_sees_one_camera_only(page: Page, fresh: Page, site: Site) -> None:
    """Made by the administrator's form and signed in by its link: the other cameras are nowhere."""
    page.goto("/users")
    form = page.get_by_role("region", name="Another account")
    form.get_by_label("Name").fill("ben")
    form.get_by_label("all cameras").uncheck()
    form.get_by_label("Or only these").select_option("Yard")
    form.get_by_role("button", name="Make it").click()
    link = page.get_by_role("status").filter(has_text="ben").locator("code").inner_text()
    fresh.goto(link)
    fresh.get_by_label("Password").fill(PASSWORD)
    fresh.get_by_role("button", name="Set it").click()
    fresh.wait_for_url("**/sign-in")
    sign_in(fresh, "ben")
    for path in ("/", "/gallery", "/cameras", "/events", "/timeline", "/readings"):
        fresh.goto(path)
        expect(fresh.locator("main")).to_contain_text("Yard")
        expect(fresh.locator("main")).not_to_contain_text("Barn P1")
    seen, hidden = site.images("Yard")[0][0], site.images("Barn P1")[0][0]
    assert status(fresh, f"/images/{seen}") == 200
    cameras = site.cameras()
    for path in (f"/images/{hidden}", f"/images/{hidden}/file", f"/cameras/{cameras['Barn P1']}"):
        assert status(fresh, path) == 404
    fresh.goto(f"/cameras/{cameras['Yard']}")
    expect(fresh.get_by_role("button", name="Save")).to_have_count(0)
    assert status(fresh, "/users") == 403


def status(page: Page, path: str) -> int:
    """Go to a page and return the status of its answer."""
    answer = page.goto(path)
    assert answer
    return answer.status


def test_wrong_passwords_hold_one_back(fresh: Page, site: Site) -> None:
    """After a few wrong tries even the right password is not tried, and the page says for how many seconds."""
    site.make_user("eva")
    for _ in range(5):
        sign_in(fresh, "eva", "not her password")
        expect(fresh.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    sign_in(fresh, "eva")
    expect(fresh.get_by_role("alert").filter(has_text=" s")).to_contain_text("60")
    fresh.goto("/")
    assert "/sign-in" in fresh.url


def test_signing_in_leads_where_one_wanted_to_go(fresh: Page, site: Site) -> None:
    """A link to a picture still leads there after the form."""
    site.make_user("ida")
    wanted = f"/images/{site.images('Yard')[0][0]}"
    fresh.goto(wanted)
    fresh.get_by_label("Name").fill("ida")
    fresh.get_by_label("Password").fill(PASSWORD)
    fresh.get_by_role("button", name="Sign in").click()
    fresh.wait_for_url(f"**{wanted}")


def test_after_signing_out_nothing_is_seen(fresh: Page, site: Site) -> None:
    """Neither by the address nor by the browser's way back."""
    site.make_user("olga")
    sign_in(fresh, "olga")
    fresh.goto("/gallery")
    fresh.get_by_role("button", name="Sign out").click()
    fresh.wait_for_url("**/sign-in")
    fresh.go_back()
    expect(fresh.get_by_role("button", name="Sign in")).to_be_visible()
    fresh.goto("/gallery")
    assert "/sign-in" in fresh.url


def test_a_password_is_changed_and_other_sessions_end(fresh: Page, site: Site, browser: Browser) -> None:
    """Where one changes it one stays; the lost phone is out, and the old password is no good."""
    site.make_user("uwe")
    with opened(browser, site) as phone:
        sign_in(phone, "uwe")
        sign_in(fresh, "uwe")
        fresh.goto("/account")
        fresh.get_by_label("Present password").fill(PASSWORD)
        fresh.get_by_label("New password").fill("other long words")
        fresh.get_by_role("button", name="Change it").click()
        expect(fresh.get_by_text("The password is changed")).to_be_visible()
        phone.goto("/gallery")
        assert "/sign-in" in phone.url
        sign_in(phone, "uwe")
        expect(phone.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
        sign_in(phone, "uwe", "other long words")
        expect(phone.get_by_role("heading", name="Wall")).to_be_visible()


def test_a_token_is_shown_once(page: Page) -> None:
    """Its name stays in the list, its secret does not."""
    page.goto("/account")
    page.get_by_label("Name of a new one").fill("script")
    page.get_by_role("button", name="Make it").click()
    secret = page.locator("#token").inner_text()
    page.goto("/account")
    expect(page.get_by_role("cell", name="script")).to_be_visible()
    assert secret not in page.content()


def test_who_changed_what_is_listed(page: Page, site: Site) -> None:
    """A change of a camera stands in the audit log with its name and value."""
    page.goto(f"/cameras/{site.cameras()['Yard']}")
    page.get_by_label("Message").fill("somebody is in the yard")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/cameras")
    page.goto("/audit")
    row = page.get_by_role("row").filter(has_text="somebody is in the yard")
    expect(row).to_contain_text("admin")


def test_a_question_comes_before_an_account_is_removed(page: Page, site: Site) -> None:
    """No keeps it, yes removes it."""
    site.make_user("zoe", "viewer")
    page.goto("/users")
    remove = page.get_by_role("region", name="zoe").get_by_role("button", name="Remove")
    page.once("dialog", lambda dialog: dialog.dismiss())
    remove.click()
    page.reload()
    expect(remove).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    remove.click()
    expect(remove).to_have_count(0)
