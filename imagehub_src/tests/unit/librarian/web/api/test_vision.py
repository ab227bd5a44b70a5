"""Vision: its queue and dead letters, and who may see and steer them."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from calling import Called, set_aside
from imagehub.librarian import schema
from imagehub.librarian.web.times import MINUTE_US, now_us

LETTERS = "/vision/dead-letters"


@pytest.fixture
def aside(api: Called) -> Called:
    """Give a site on which two images were put aside."""
    with api.site.writing() as connection:
        set_aside(connection, 1, 2)
    return api


def waiting(api: Called) -> list[tuple[Any, ...]]:
    """Return image, state and priority of each job."""
    of = schema.jobs.c
    with api.site.reading() as connection:
        rows = connection.execute(select(of.image_id, of.state, of.priority).order_by(of.image_id))
        return [tuple(row) for row in rows]


def test_the_state_tells_queue_and_work(aside: Called) -> None:
    """What waits, what was put aside, and what was done in the last hour."""
    with aside.site.writing() as connection:
        row = {"worker": "barn:1", "kind": "objects", "done": 3, "failed": 1, "busy_us": 120_000}
        connection.execute(insert(schema.work).values(minute=now_us() // MINUTE_US, **row))
    state = aside.get("/vision").json()
    assert (state["enabled"], state["put_aside"], state["running"], state["plate_calls"]) == (False, 2, 0, None)
    assert [(one["done"], one["failed"], one["busy_seconds"]) for one in state["minutes"]] == [(3, 1, 0.12)]


def test_dead_letters_are_read_page_by_page(aside: Called) -> None:
    """Those of the newest images first, each with its reason."""
    first = aside.get(f"{LETTERS}?limit=1").json()
    second = aside.client.get(first["next"], headers={"Authorization": f"Bearer {aside.tokens['all']}"}).json()
    assert [page["items"][0]["image_id"] for page in (first, second)] == [2, 1]
    assert aside.get(f"{LETTERS}/1").json() == second["items"][0]
    assert second["items"][0]["error"] == "not a JPEG"


def test_a_dead_letter_is_tried_again_or_dropped(aside: Called) -> None:
    """One, the other, or all; what is no dead letter is not there."""
    assert aside.call("POST", f"{LETTERS}/1/retry").status_code == 204
    assert waiting(aside) == [(1, "waiting", 2), (2, "dead", 2)]
    assert aside.call("DELETE", f"{LETTERS}/2").status_code == 204
    assert waiting(aside) == [(1, "waiting", 2)]
    assert {aside.call("POST", f"{LETTERS}/{number}/retry").status_code for number in (1, 2, 3)} == {404}
    assert {aside.call("DELETE", f"{LETTERS}/{number}").status_code for number in (1, 2, 3)} == {404}
    assert aside.call("POST", f"{LETTERS}/retry").json() == {"count": 0}


def test_days_are_looked_at_again_behind_all_others(aside: Called) -> None:
    """Each image once, those that were put aside too; of the cameras that are named."""
    asked = {"since": "2026-11-21", "until": "2026-11-21", "cameras": [1]}
    assert aside.call("POST", "/vision/look-again", json=asked).json() == {"count": 5}
    assert {(state, priority) for _, state, priority in waiting(aside)} == {("waiting", 0), ("dead", 2)}
    assert aside.call("POST", "/vision/look-again", json=asked).json() == {"count": 0}
    assert aside.call("POST", "/vision/look-again", json=asked | {"until": "2026-11-20"}).status_code == 422
    assert aside.call("POST", "/images/3/look-again").status_code == 204
    assert (3, "waiting", 3) in waiting(aside)


@pytest.mark.parametrize("path", ["/vision", "/vision/models", LETTERS, f"{LETTERS}/1"])
def test_viewers_do_not_see_the_queue(aside: Called, path: str) -> None:
    """It has images of all cameras."""
    assert aside.get(path, "guest").status_code == 403
    assert aside.get(path, "write").status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{LETTERS}/1/retry"),
        ("DELETE", f"{LETTERS}/1"),
        ("POST", f"{LETTERS}/retry"),
        ("POST", "/images/1/look-again"),
    ],
)
def test_who_may_only_read_changes_nothing(aside: Called, method: str, path: str) -> None:
    """Neither a viewer nor an administrator whose token has not the scope."""
    before = waiting(aside)
    assert {aside.call(method, path, who).status_code for who in ("guest", "read", "admin")} == {403}
    assert waiting(aside) == before
