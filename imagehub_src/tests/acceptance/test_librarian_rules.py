"""Rules and policies as somebody makes them by the forms, in a real browser, up to the mail that arrives."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import opened, sign_in
from mailboxes import Mailbox, mailbox
from running import until
from sites import Site, append, event, image, serving, three_cameras


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    """Give a mailbox behind a real SMTP server."""
    with mailbox() as made:
        yield made


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, box: Mailbox) -> Iterator[Site]:
    """Give a librarian that sends mail."""
    folder = tmp_path_factory.mktemp("rules")
    three_cameras(folder / "hub")
    mail = {"server": "127.0.0.1", "port": box.port, "security": "none", "sender": "imagehub@example.org"}
    with serving(folder / "librarian", folder / "hub", taken=68, mail=mail) as made:
        made.make_user("admin")
        yield made


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """Give a page at which the administrator is signed in."""
    with opened(browser, site) as made:
        sign_in(made, "admin")
        yield made


def test_a_rule_sends_a_mail(page: Page, site: Site, box: Mailbox) -> None:
    """Made by the form, tried on the last week, it mails what happens next, and the page says that it was sent."""
    page.goto("/rules/new")
    page.get_by_label("Name").fill("Somebody in the yard")
    page.get_by_label("Something of this sort").select_option("event")
    page.get_by_label("Kind of event").select_option("motion")
    expect(page.get_by_label("Plate", exact=True)).to_be_hidden()
    page.get_by_label("Cameras").select_option("Yard")
    page.get_by_label("Channel 1").select_option("mail")
    page.get_by_label("Target 1").fill("you@example.org")
    page.get_by_role("button", name="Try it on the last week").click()
    expect(page.get_by_text("would have fired 1 time")).to_be_visible()
    page.get_by_role("button", name="Send a test now").click()
    expect(page.get_by_text("mail: sent")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/rules")
    expect(page.get_by_role("row", name="Somebody in the yard")).to_contain_text("on")
    before = len(box.mails)
    now = datetime.now(UTC)
    append(site.hub, [image(site.hub, "Yard", now), event("Yard", now, "motion|moving")])
    until(lambda: len(box.mails) > before, "the mail")
    mail = box.mails[-1]
    assert (mail["To"], "Yard" in mail["Subject"]) == ("you@example.org", True)
    page.goto("/notifications")
    expect(page.get_by_role("row").filter(has_text="Somebody in the yard").first).to_contain_text("sent")


def test_a_rule_with_faults_is_not_saved(page: Page) -> None:
    """The form says what is wrong, and keeps what was typed."""
    page.goto("/rules/new")
    page.get_by_label("Name").fill("nobody is told")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="not saved")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("nobody is told")
    page.goto("/rules")
    expect(page.get_by_text("nobody is told")).to_have_count(0)


def test_a_policy_says_what_goes_next(page: Page) -> None:
    """Once all days of a camera are kept for one day only, its old images are listed; without it, none is."""
    page.goto("/storage")
    form = page.locator("form").filter(has_text="Set a policy")
    form.get_by_label("Camera").select_option("Gate East")
    form.get_by_label("Keep for days").fill("1")
    form.get_by_role("button", name="Set").click()
    expect(page.get_by_role("region", name="What goes")).to_contain_text("Gate East")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("region", name="Policies").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("There is no policy")).to_be_visible()
    expect(page.get_by_role("region", name="What goes")).to_have_count(0)


def test_a_forgotten_password_is_replaced_by_mail(page: Page, site: Site, browser: Browser, box: Mailbox) -> None:
    """The link that arrives works, and signs in with the new one."""
    page.goto("/users")
    own = page.get_by_role("region", name="admin")
    own.get_by_label("Mail").fill("admin@example.org")
    own.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    before = len(box.mails)
    with opened(browser, site) as other:
        other.get_by_role("link", name="Forgotten").click()
        other.get_by_label("Name or mail").fill("admin@example.org")
        other.get_by_role("button", name="Mail me a link").click()
        expect(other.get_by_role("status")).to_contain_text("on its way")
        until(lambda: len(box.mails) > before, "the mail")
        text = box.mails[-1].get_body(("plain",))
        assert text
        other.goto(next(line.strip() for line in text.get_content().splitlines() if "/reset/" in line))
        other.get_by_label("Password").fill("entirely new words")
        other.get_by_role("button", name="Set it").click()
        other.wait_for_url("**/sign-in")
        sign_in(other, "admin", "entirely new words")
        expect(other.get_by_role("heading", name="Wall")).to_be_visible()
