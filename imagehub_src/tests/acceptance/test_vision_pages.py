"""What vision found, as somebody sees it who looks for a dog or a plate, and as an administrator who steers it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect
from sqlalchemy import insert, select

from browsing import DESKTOP, PHONE, opened, sign_in
from imagehub.librarian import schema
from imagehub.librarian.catalog import writing
from sites import BOX, NOW, Site, found_in, image, serving, write_journal

MIDNIGHT = NOW.replace(hour=0, minute=0) - timedelta(days=1)
# When the gate saw something, in hours from a midnight on, and what.
SEEN = {-3: "dog", -1.5: "dog", 1: "dog", 5.5: "dog", 7: "dog", 21: "dog", 22.5: "person", 23: "dog"}
NIGHT = [23, 5.5, 1, -1.5]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a librarian whose gate saw dogs by day and by night, and whose yard saw a dog at night."""
    folder = tmp_path_factory.mktemp("vision")
    entries = [image(folder / "hub", "Gate", MIDNIGHT + timedelta(hours=hour)) for hour in SEEN]
    entries += [image(folder / "hub", "Yard", MIDNIGHT + timedelta(hours=1.5))]
    write_journal(folder / "hub", entries)
    # Nobody works: what is put into the queue stays there to be seen.
    vision = {"enabled": True, "workers": 0}
    with serving(folder / "librarian", folder / "hub", taken=len(entries), vision=vision) as made:
        made.make_user("admin")
        made.make_user("ben", "viewer", "Yard")
        for (number, _), hour in zip(made.images("Gate"), sorted(SEEN), strict=True):
            found_in(made, number, SEEN[hour], "AB123" if hour in {7, 23} else "")
        found_in(made, made.images("Yard")[0][0], "dog", "XY987")
        yield made


@pytest.fixture(scope="module")
def signed_in(site: Site, browser: Browser) -> StorageState:
    """Give the cookies of the administrator."""
    with opened(browser, site) as page:
        sign_in(page, "admin")
        return page.context.storage_state()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, site: Site, browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """Give a page at which the administrator is signed in, on a large screen and on a phone."""
    with opened(browser, site, storage_state=signed_in, viewport=request.param) as made:
        yield made


def at(site: Site, hour: float) -> str:
    """Return the address of the gate's image of an hour."""
    return f"/images/{site.images('Gate')[sorted(SEEN).index(hour)][0]}"


def links(page: Page) -> list[str]:
    """Return where the tiles lead."""
    return [str(tile.get_attribute("href")) for tile in page.locator(".tile a").all()]


def rows(site: Site, table: Any) -> list[Any]:
    """Return all rows of a table."""
    with site.catalog() as engine, engine.connect() as connection:
        return list(connection.execute(select(table)).all())


def test_a_dog_at_the_gate_at_night_is_found(page: Page, site: Site) -> None:
    """Hours that pass midnight are those of each night; dogs elsewhere, people, and dogs by day are left out."""
    page.goto("/gallery")
    page.get_by_label("Camera").select_option("Gate")
    page.get_by_label("Object").fill("dog")
    page.get_by_label("From").fill("22:00")
    page.get_by_label("To").fill("06:00")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#summary")).to_have_text(
        "Images with dog, at Gate, from 22:00 to 06:00 of each night, newest first."
    )
    assert links(page) == [at(site, hour) for hour in NIGHT]
    page.get_by_label("To").fill("")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**until=&**")
    assert links(page) == [at(site, hour) for hour in (23, -1.5)]


def test_the_api_finds_the_same_dogs(page: Page, site: Site) -> None:
    """With the same filters, in the zone that is asked for."""
    query = f"object=dog&camera={site.cameras()['Gate']}&from_hour=22&to_hour=6&zone=UTC"
    items = page.request.get(f"/api/v1/images?{query}").json()["items"]
    assert [f"/images/{one['id']}" for one in items] == [at(site, hour) for hour in NIGHT]
    later = page.request.get(f"/api/v1/images?{query.replace('UTC', '-03:00')}").json()["items"]
    assert [f"/images/{one['id']}" for one in later] == [at(site, hour) for hour in (7, 5.5, 1)]


def test_objects_are_counted_where_and_when_they_were_seen(page: Page) -> None:
    """By camera, with a chart; each number leads to its images."""
    page.goto("/objects?span=week")
    expect(page.locator("#chart canvas")).to_be_visible()
    by_camera = page.get_by_role("region", name="By camera")
    expect(by_camera.get_by_role("row", name="Gate")).to_contain_text("7")
    by_camera.get_by_role("row", name="Gate").get_by_role("link", name="7").click()
    page.wait_for_url("**object=dog&camera=**")
    assert len(links(page)) == 7


def test_what_others_see_is_not_told(browser: Browser, site: Site) -> None:
    """A viewer of the yard learns nothing of the gate's objects and plates, neither by page nor by call."""
    with opened(browser, site) as page:
        sign_in(page, "ben")
        for path in ("/objects", "/plates"):
            page.goto(path)
            expect(page.locator("main")).not_to_contain_text("Gate")
            expect(page.locator("main")).not_to_contain_text("AB123")
        expect(page.locator("main")).to_contain_text("XY987")
        hidden = next(row.id for row in rows(site, schema.plates) if row.text == "AB123")
        gate = site.cameras()["Gate"]
        for path in (f"/plates/{hidden}", f"/cameras/{gate}/regions", f"{at(site, 7)}/file"):
            assert page.request.get(path).status == 404
            assert page.request.get(f"/api/v1{path}").status == 404
        assert page.request.get("/vision").status == page.request.get("/api/v1/vision").status == 403
        plates = page.request.get("/api/v1/plates").json()["items"]
        assert [one["text"] for one in plates] == ["XY987"]
        counted = page.request.get("/api/v1/objects/tracks").json()["items"]
        assert {one["camera"] for one in counted} == {"Yard"}


def test_a_plate_is_told_apart_and_watched(page: Page, site: Site) -> None:
    """Its owner is kept, it is watched for, and the table says so; its picture shows the plate."""
    page.goto("/plates?text=AB*")
    page.get_by_role("link", name="AB123").click()
    expect(page.locator(".cropped img").first).to_be_visible()
    page.get_by_label("Owner").fill("Ada")
    page.get_by_label("We know whose it is").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    page.get_by_role("button", name="watch list").click()
    page.wait_for_load_state()
    page.goto("/plates?which=known")
    expect(page.get_by_role("row", name="AB123")).to_contain_text("Ada")
    was = page.get_by_role("row", name="AB123").get_by_text("watched").count()
    page.get_by_role("link", name="AB123").click()
    page.get_by_role("button", name="watch list").click()
    page.wait_for_load_state()
    assert was + sum(row.watched for row in rows(site, schema.plates) if row.text == "AB123") == 1


def test_a_misread_plate_becomes_the_right_one(page: Page, site: Site) -> None:
    """Both are shown side by side first; then the sightings of both are one's, and the other text leads there."""
    wrong = "A8123" if page.viewport_size == PHONE else "AB1Z3"
    found_in(site, site.images("Gate")[0][0], "car", wrong)
    page.goto(f"/plates?text={wrong}")
    page.get_by_role("link", name=wrong).click()
    page.get_by_label("This is the same as").fill("ab123")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Are they the same plate?")).to_be_visible()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("AB123")
    expect(page.get_by_text("Also read as")).to_be_visible()
    assert wrong in {row.text for row in rows(site, schema.plate_aliases)}
    assert wrong not in {row.text for row in rows(site, schema.plates)}


def test_a_plate_can_be_watched_before_it_comes(page: Page, site: Site) -> None:
    """It is in the table though nobody saw it; it can be forgotten again."""
    page.goto("/plates")
    page.locator("#add").get_by_label("Plate").fill("ne-w 1")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("NEW1")
    page.goto("/plates?which=watched")
    expect(page.get_by_role("row", name="NEW1")).to_contain_text("never")
    page.get_by_role("link", name="NEW1").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget it").click()
    page.wait_for_url("**/plates")
    assert "NEW1" not in {row.text for row in rows(site, schema.plates)}


def polygon(site: Site, name: str) -> list[list[float]]:
    """Return the corners of a region as they are kept."""
    found: list[list[float]] = next(json.loads(row.polygon) for row in rows(site, schema.regions) if row.name == name)
    return found


def tap(picture: Locator, *corners: tuple[float, float]) -> None:
    """Click on a picture at these shares of its width and height."""
    box = picture.bounding_box()
    assert box
    for x, y in corners:
        picture.click(position={"x": x * box["width"], "y": y * box["height"]})


def test_a_region_is_drawn_on_the_picture(page: Page, site: Site) -> None:
    """Each corner by a click; then a corner is dragged; what is kept is what was drawn."""
    page.goto(f"/cameras/{site.cameras()['Gate']}/regions")
    while page.get_by_role("button", name="Remove").count():
        page.get_by_role("button", name="Remove").first.click()
    page.get_by_role("button", name="Draw a region").click()
    tap(page.locator("#drawing"), (0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
    page.get_by_role("button", name="Done").click()
    page.locator("[name=name]").fill("drive")
    corner, box = page.locator(".corner").nth(2), page.locator("#drawing").bounding_box()
    spot = corner.locator("circle").last.bounding_box()
    assert spot
    assert box
    page.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.9 * box["height"], steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/cameras/\d+$"))
    kept = polygon(site, "drive")
    for corner_kept, wanted in zip(kept, [(0.2, 0.2), (0.8, 0.2), (0.6, 0.9), (0.2, 0.8)], strict=True):
        assert corner_kept == pytest.approx(wanted, abs=0.015)


def test_a_region_is_drawn_by_keys_alone(page: Page, site: Site) -> None:
    """It begins as a rectangle, whose corners arrow keys move, Insert adds and Delete removes; numbers can be typed."""
    page.goto(f"/cameras/{site.cameras()['Yard']}/regions")
    while page.get_by_role("button", name="Remove").count():
        page.get_by_role("button", name="Remove").first.focus()
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Draw a region").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=name]")).to_be_focused()
    page.keyboard.type("hedge")
    page.locator("[name=use]").select_option("ignore")
    page.locator(".corner").first.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowUp")
    said = "corner 1 of hedge: 30 % from the left, 35 % from the top"
    expect(page.locator(".corner").first).to_have_attribute("aria-label", said)
    page.keyboard.press("Insert")
    expect(page.locator(".corner")).to_have_count(5)
    page.locator(".corner").nth(1).focus()
    page.keyboard.press("Delete")
    expect(page.locator(".corner")).to_have_count(4)
    page.get_by_text("Corners as numbers").click()
    corners = page.get_by_label("Percent from the left")
    corners.fill(corners.input_value().replace("65 65", "70 75"))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/cameras/\d+$"))
    assert polygon(site, "hedge") == [[0.3, 0.345], [0.65, 0.35], [0.7, 0.75], [0.35, 0.65]]


def test_what_is_no_region_is_refused_by_name(page: Page, site: Site) -> None:
    """And what was typed stays to be mended."""
    page.goto(f"/cameras/{site.cameras()['Gate']}/regions")
    page.get_by_role("button", name="Draw a region").focus()
    page.keyboard.press("Enter")
    page.locator("[name=name]").last.fill("knot")
    page.get_by_text("Corners as numbers").last.click()
    page.get_by_label("Percent from the left").last.fill("10 10\n90 90\n90 20\n10 70")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="knot: its edges cross")).to_be_visible()
    kept = page.get_by_label("Percent from the left").last.input_value()
    assert kept.split() == ["10", "10", "90", "90", "90", "20", "10", "70"]


def test_a_camera_says_what_is_looked_for(page: Page, site: Site) -> None:
    """Thresholds by label, votes and tiles are kept, and an empty row is none."""
    page.goto(f"/cameras/{site.cameras()['Yard']}")
    page.get_by_label("Read licence plates").check()
    page.get_by_label("Look at parts").check()
    page.get_by_label("Images that must show").fill("3")
    page.get_by_label("Object 1", exact=True).fill("person")
    page.get_by_label("Percent for object 1").fill("62.5")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/cameras")
    (row,) = (row for row in rows(site, schema.cameras) if row.id == site.cameras()["Yard"])
    assert (row.alpr, row.tiles, row.votes, json.loads(row.thresholds)) == (True, True, 3, {"person": 0.625})
    page.goto(f"/cameras/{site.cameras()['Yard']}")
    page.get_by_label("Percent for object 1").evaluate("field => { field.type = 'text'; field.value = 'many' }")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="a score goes from 0 to 1")).to_be_visible()


def test_one_step_makes_the_rule_for_a_person(page: Page, site: Site) -> None:
    """From the camera's page; the rule is on the list, and its camera is looked at."""
    label = "person" if page.viewport_size == PHONE else "dog"
    page.goto(f"/cameras/{site.cameras()['Gate']}")
    step = page.get_by_role("form", name="A rule in one step")
    step.get_by_label("Object").fill(label)
    step.get_by_label("Target").fill("ada@example.org")
    step.get_by_role("button", name="Make the rule").click()
    page.wait_for_url("**/rules")
    expect(page.get_by_role("row", name=f"{label} at Gate")).to_contain_text("mail")
    kept = {row.name: json.loads(row.conditions) for row in rows(site, schema.rules)}
    assert kept[f"{label} at Gate"] == {"trigger": "object", "label": label, "cameras": [site.cameras()["Gate"]]}


def test_rules_about_objects_and_plates_have_their_conditions(page: Page, site: Site) -> None:
    """Count, zone and score with an object; whose plate it is with a plate; each only where it counts."""
    name = f"two on the drive, {page.viewport_size}"[:40]
    page.goto("/rules/new")
    expect(page.get_by_label("At least so many at once")).to_be_hidden()
    page.get_by_label("Something of this sort").select_option("object")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Object", exact=True).fill("person")
    page.get_by_label("At least so many at once").fill("2")
    page.get_by_label("Region", exact=True).fill("drive")
    page.get_by_label("Target 1").fill("ada@example.org")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/rules")
    kept = {row.name: json.loads(row.conditions) for row in rows(site, schema.rules)}
    assert kept[name] == {"trigger": "object", "label": "person", "count": 2, "region": "drive"}
    page.get_by_role("link", name=name).click()
    page.get_by_label("Something of this sort").select_option("plate")
    page.get_by_label("Whose plate").select_option("watched")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/rules")
    kept = {row.name: json.loads(row.conditions) for row in rows(site, schema.rules)}
    assert kept[name] == {"trigger": "plate", "plate_status": "watched", "region": "drive"}


def set_aside(site: Site, number: int, error: str) -> None:
    """Put an image aside that could not be looked at."""
    row = {"kind": "objects", "image_id": number, "priority": 2, "time_us": number, "state": "dead", "due_us": 0}
    with site.catalog() as engine, writing(engine) as connection:
        connection.execute(schema.jobs.delete())
        connection.execute(insert(schema.jobs).values(**row, tries=3, worker="barn:1", error=error))


def test_what_could_not_be_looked_at_is_tried_again_or_dropped(page: Page, site: Site) -> None:
    """With its picture and the reason; the audit log says who did it."""
    number = site.images("Gate")[0][0]
    set_aside(site, number, "not a JPEG")
    page.goto("/vision")
    expect(page.get_by_role("row", name="Gate")).to_contain_text("not a JPEG")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_load_state()
    expect(page.get_by_role("region", name="Waiting")).to_contain_text("after an event")
    assert [(row.state, row.tries) for row in rows(site, schema.jobs)] == [("waiting", 0)]
    set_aside(site, number, "200 megapixels are too many")
    page.reload()
    page.get_by_role("button", name="Try all again").click()
    page.wait_for_load_state()
    assert [row.state for row in rows(site, schema.jobs)] == ["waiting"]
    set_aside(site, number, "empty")
    page.reload()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("There is nothing.")).to_be_visible()
    assert rows(site, schema.jobs) == []
    done = [(row.actor, row.action) for row in rows(site, schema.audit_log) if row.action.startswith("vision.")][-3:]
    assert done == [("admin", "vision.retry"), ("admin", "vision.retry"), ("admin", "vision.discard")]


def test_an_image_is_looked_at_again(page: Page, site: Site) -> None:
    """Before all others, at a button of its page."""
    page.goto(at(site, 7))
    page.get_by_role("button", name="Look at it again").click()
    expect(page.get_by_role("status").filter(has_text="looked at again")).to_be_visible()
    number = int(at(site, 7).rpartition("/")[2])
    assert [(row.priority, row.state) for row in rows(site, schema.jobs) if row.image_id == number] == [(3, "waiting")]


def test_the_chart_of_work_is_drawn(page: Page, site: Site) -> None:
    """Of the minutes of the last hour; a worker that is silent is lost, and rates are told."""
    now = round(datetime.now(UTC).timestamp() * 1e6)
    with site.catalog() as engine, writing(engine) as connection:
        connection.execute(schema.work.delete())
        connection.execute(schema.workers.delete())
        for back in range(2, 20):
            row = {"minute": now // 60_000_000 - back, "worker": "barn:1", "kind": "objects"}
            connection.execute(insert(schema.work).values(**row, done=60, failed=0, busy_us=2_400_000))
        for name, ago in (("barn:1", 1), ("attic:2", 600)):
            row = {"name": name, "model": "coco-ssd", "started_us": now - 10**10, "beat_us": now - ago * 1_000_000}
            connection.execute(insert(schema.workers).values(**row))
    page.goto("/vision")
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(page.get_by_text("40 ms an image")).to_be_visible()
    expect(page.locator("li", has_text="attic:2")).to_contain_text("lost")
    expect(page.locator("li", has_text="barn:1")).to_contain_text("works")


def test_vision_says_how_it_is_turned_on(tmp_path: Path, browser: Browser) -> None:
    """From a fresh install: by which commands, and that no model is installed."""
    (tmp_path / "hub").mkdir()
    with serving(tmp_path / "librarian", tmp_path / "hub", taken=0) as fresh, opened(browser, fresh) as page:
        fresh.make_user("admin")
        sign_in(page, "admin")
        page.goto("/vision")
        expect(page.get_by_role("heading", name="Vision is off")).to_be_visible()
        expect(page.get_by_text("imagehub-librarian models install").first).to_be_visible()


def test_where_a_find_lies_does_not_depend_on_the_screen(page: Page, site: Site) -> None:
    """The frame is where the find is, in shares of the picture."""
    page.goto(at(site, 7))
    box, picture = page.locator(".boxes rect").first.bounding_box(), page.locator(".stage img").bounding_box()
    assert box
    assert picture
    assert box["x"] - picture["x"] == pytest.approx(picture["width"] * BOX[0], abs=2)
