"""The pages as somebody sees them who looks for a picture, in a real browser."""

import statistics
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from browsing import DESKTOP, PHONE, opened, sign_up
from running import Node, running_hub, until
from sites import YESTERDAY, Site, drawn, serving

DAY = f"{YESTERDAY:%Y-%m-%d}"
# From the hub's OK to the picture on the wall of a browser.
PROMISED_SECONDS = 1.0
ANOTHER_IS_SHOWN = """before => {
    const image = document.querySelector("#wall img");
    return image.getAttribute("src") !== before && image.complete;
}"""


def shown(page: Page) -> list[str]:
    """Return the cameras of the tiles on a page, one for each picture."""
    return page.locator(".tile .under > :first-child").all_inner_texts()


def open_image(page: Page, site: Site, number: int) -> tuple[int, str]:
    """Go to the page of one of the barn's images, counted from the oldest; return its id and path."""
    found, path = site.images("Barn P1")[number]
    page.goto(f"/images/{found}")
    return found, path


def test_the_wall_of_an_empty_hub_comes_alive(tmp_path: Path, browser: Browser) -> None:
    """From the first link to pictures that show up by themselves, in less than a second after the hub's OK."""
    with (
        running_hub(tmp_path / "hub") as hub,
        serving(tmp_path / "librarian", hub.data, taken=0) as site,
        opened(browser, site) as page,
        Node(hub.endpoint) as node,
    ):
        sign_up(page, site)
        expect(page.get_by_text("No camera yet")).to_be_visible()
        expect(page.locator("#live-state")).to_have_text("live")
        assert node.send("Barn P1|jpg|", drawn("first")) == "OK"
        expect(page.get_by_alt_text("latest image of Barn P1")).to_be_visible()
        expect(page.locator("#live-state")).to_have_text("live")
        seconds = [seconds_to_wall(page, node, number) for number in range(7)]
    print(f"from OK to the wall: {[round(taken, 3) for taken in seconds]} s")
    assert statistics.median(seconds) < PROMISED_SECONDS


def seconds_to_wall(page: Page, node: Node, number: int) -> float:
    """Send an image and return how long after the hub's OK the browser shows it."""
    before = page.locator("#wall img").get_attribute("src")
    assert node.send("Barn P1|jpg|", drawn(f"number {number}")) == "OK"
    begin = time.monotonic()
    until(lambda: page.evaluate(ANOTHER_IS_SHOWN, before), "the picture on the wall")
    return time.monotonic() - begin


def test_the_first_link_is_void_once_it_was_used(tmp_path: Path, browser: Browser) -> None:
    """Whoever finds it in the log makes no second administrator."""
    (tmp_path / "hub").mkdir()
    with serving(tmp_path / "librarian", tmp_path / "hub", taken=0) as site, opened(browser, site) as page:
        sign_up(page, site)
        with opened(browser, site) as other:
            other.goto(site.first_link())
            other.get_by_label("Name").fill("intruder")
            other.get_by_label("Password").fill("even more words")
            other.get_by_role("button", name="Make the account").click()
            expect(other.get_by_role("alert").filter(has_text="link")).to_be_visible()
            other.goto("/users")
            assert "/sign-in" in other.url


def test_the_wall_fills_the_screen(page: Page) -> None:
    """One press, and all cameras have the whole screen."""
    assert shown(page) == ["Barn P1", "Gate East", "Yard"]
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("document.fullscreenElement?.id === 'wall'")


def test_the_gallery_shows_what_its_filters_say(page: Page) -> None:
    """Filters by camera, by day with hours, and by event narrow it down; Clear shows all."""
    page.goto("/gallery")
    page.get_by_label("Camera").select_option("Yard")
    page.get_by_role("button", name="Show").click()
    assert shown(page) == ["Yard"] * 5
    page.get_by_role("link", name="Clear").click()
    page.get_by_label("Day").fill(DAY)
    page.get_by_label("From").fill("10:10")
    page.get_by_label("To").fill("10:20")
    page.get_by_role("button", name="Show").click()
    assert shown(page) == ["Barn P1"] * 10
    page.get_by_role("link", name="Clear").click()
    page.get_by_label("After an event").select_option("motion")
    page.get_by_role("button", name="Show").click()
    assert shown(page) == ["Yard", "Barn P1", "Barn P1"]


def test_the_gallery_goes_on_page_by_page(page: Page, site: Site) -> None:
    """Older pages and back: each picture is met once, newest first, and the filter stays."""
    ids = [number for number, _ in reversed(site.images("Barn P1"))]
    page.goto(f"/gallery?camera={site.cameras()['Barn P1']}")
    first = links(page)
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**cursor=**")
    assert first + links(page) == [f"/images/{number}" for number in ids]
    page.get_by_role("link", name="Newer").click()
    page.wait_for_url("**cursor=n**")
    assert links(page) == first


def links(page: Page) -> list[str]:
    """Return where the tiles lead."""
    return [str(tile.get_attribute("href")) for tile in page.locator(".tile a").all()]


def test_a_picture_opens_with_its_neighbours_by_arrow_keys(page: Page, site: Site) -> None:
    """A click in the gallery shows it in full; left is older, right is newer, of the same camera."""
    known = [number for number, _ in site.images("Barn P1")]
    page.goto(f"/gallery?camera={site.cameras()['Barn P1']}")
    page.locator(".tile a").nth(1).click()
    page.wait_for_url(f"**/images/{known[-2]}")
    picture = page.locator(".stage img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**/images/{known[-3]}")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**/images/{known[-2]}")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**/images/{known[-1]}")
    expect(page.get_by_role("link", name="Newer")).to_have_count(0)


def test_what_was_found_is_framed(page: Page, site: Site) -> None:
    """The box lies on the picture where it was found, and a button or the key `b` takes it away."""
    open_image(page, site, 30)
    box, picture = page.locator(".boxes rect").first.bounding_box(), page.locator(".stage img").bounding_box()
    assert box
    assert picture
    # Half a stroke of 3 pixels stands out on each side.
    assert box["x"] - picture["x"] == pytest.approx(picture["width"] * 0.25, abs=2)
    assert box["y"] - picture["y"] == pytest.approx(picture["height"] * 0.5, abs=2)
    assert box["width"] == pytest.approx(picture["width"] * 0.25, abs=4)
    expect(page.locator(".boxes").get_by_text("person 90 %")).to_be_visible()
    expect(page.locator(".finds li").first).to_contain_text("track")
    page.get_by_role("button", name="Boxes").click()
    expect(page.locator(".boxes")).to_be_hidden()
    page.keyboard.press("b")
    expect(page.locator(".boxes")).to_be_visible()


def test_a_download_has_the_bytes_of_the_camera(page: Page, site: Site) -> None:
    """And the name of the hub's file."""
    _, path = open_image(page, site, 0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == path.rpartition("/")[2]
    assert download.value.path().read_bytes() == (site.hub / path).read_bytes()


def test_what_is_held_is_not_deleted(page: Page, site: Site) -> None:
    """Held, it stands under "held only" and can't be deleted; released and deleted, page and file are gone."""
    number, path = open_image(page, site, 40)
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_role("button", name="Release")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_disabled()
    page.goto("/gallery?held=on")
    assert links(page) == [f"/images/{number}"]
    page.goto(f"/images/{number}")
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("button", name="Hold")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(f"**/images/{site.images('Barn P1')[39][0]}")
    gone = page.goto(f"/images/{number}")
    assert gone
    assert gone.status == 404
    assert not (site.hub / path).exists()


def test_pictures_are_found_by_what_they_show(page: Page, site: Site) -> None:
    """By an object, by a part of a licence plate; and a plate leads to where it was seen."""
    only = [f"/images/{site.images('Barn P1')[30][0]}"]
    for name, text in (("Object", "person"), ("Plate", "AB*")):
        page.goto("/gallery")
        page.get_by_label(name).fill(text)
        page.get_by_role("button", name="Show").click()
        page.wait_for_url(f"**{name.lower()}=**")
        assert links(page) == only
    page.goto("/plates")
    page.get_by_role("link", name="AB123").click()
    page.wait_for_url("**/plates/*")
    assert links(page) == only
    page.goto("/objects")
    page.get_by_role("link", name="person").first.click()
    page.wait_for_url("**label=person**")
    assert links(page) == only


def test_a_search_without_a_result_says_so(page: Page) -> None:
    """With a way back to all pictures."""
    page.goto("/gallery?object=unicorn")
    expect(page.get_by_text("No such image")).to_be_visible()
    page.get_by_role("link", name="Show all images").click()
    page.wait_for_url("**/gallery")
    assert len(shown(page)) == 48


def test_a_camera_is_what_its_form_says(page: Page) -> None:
    """A change is seen in the list, and one taken off the wall is not on it."""
    page.goto("/cameras")
    page.get_by_role("link", name="Gate East").click()
    page.get_by_label("Type").fill("driveway")
    page.get_by_label("Show it on the wall").uncheck()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/cameras")
    expect(page.get_by_role("row", name="Gate East")).to_contain_text("driveway")
    page.goto("/")
    assert shown(page) == ["Barn P1", "Yard"]
    page.goto("/cameras")
    page.get_by_role("link", name="Gate East").click()
    page.get_by_label("Show it on the wall").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/cameras")
    page.goto("/")
    assert shown(page) == ["Barn P1", "Gate East", "Yard"]


def test_events_and_readings_are_shown(page: Page) -> None:
    """Events as a list with filters, what was measured as a chart with ink of both cameras."""
    page.goto("/events")
    page.get_by_label("Kind").select_option("motion")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody td:nth-child(2)").all_inner_texts() == ["Yard", "Barn P1"]
    page.goto("/readings")
    page.get_by_label("Last", exact=True).select_option("week")
    page.get_by_role("button", name="Show").click()
    canvas = page.locator("#chart canvas")
    expect(canvas).to_be_visible()
    inked = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
        .filter((value, at) => at % 4 === 3 && value > 0).length"""
    assert canvas.evaluate(inked) > 1000
    assert page.locator(".u-legend .u-label").all_inner_texts()[1:] == ["Barn P1", "Yard"]


def test_a_bar_of_the_timeline_leads_to_its_pictures(page: Page) -> None:
    """Ten minutes of one camera."""
    page.goto(f"/timeline?day={DAY}")
    page.locator(".lane", has_text="Barn P1").locator("svg a").nth(1).click()
    page.wait_for_url("**since=10:10**")
    assert shown(page) == ["Barn P1"] * 10


def test_times_are_those_of_the_viewer(browser: Browser, site: Site, signed_in: StorageState) -> None:
    """Somebody in Tokyo reads times of Tokyo, and searches by them, from the first page on."""
    cookies = [cookie for cookie in signed_in["cookies"] if cookie["name"] != "imagehub_zone"]
    state: StorageState = {"cookies": cookies, "origins": []}
    with opened(browser, site, storage_state=state, timezone_id="Asia/Tokyo") as page:
        open_image(page, site, 0)
        expect(page.locator(".head time")).to_have_text(f"{DAY} 19:00:00")
        page.goto(f"/gallery?day={DAY}&since=19:10&until=19:20")
        assert shown(page) == ["Barn P1"] * 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_as_light_as_the_viewer_wants(
    scheme: str, browser: Browser, site: Site, signed_in: StorageState
) -> None:
    """Dark text on a light page or the other way round, as the system is set."""
    with opened(browser, site, storage_state=signed_in, color_scheme=scheme) as page:
        colours = "(name) => getComputedStyle(document.body)[name].match(/[\\d.]+/g).slice(0, 3).map(Number)"
        back, text = (sum(page.evaluate(colours, name)) for name in ("backgroundColor", "color"))
        assert (back > text) == (scheme == "light")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_way_to_a_picture_is_the_same_on_a_phone(
    viewport: dict[str, int], browser: Browser, site: Site, signed_in: StorageState
) -> None:
    """Menu, gallery, filter, picture, next picture: all is reached by taps."""
    with opened(browser, site, storage_state=signed_in, viewport=viewport, has_touch=True) as page:
        if viewport == PHONE:
            page.get_by_text("Menu").tap()
        page.get_by_role("link", name="Gallery").tap()
        page.get_by_label("Camera").select_option("Yard")
        page.get_by_role("button", name="Show").tap()
        page.locator(".tile a").first.tap()
        page.wait_for_url("**/images/*")
        page.get_by_role("link", name="Older").tap()
        expect(page.get_by_role("link", name="Newer")).to_be_visible()
