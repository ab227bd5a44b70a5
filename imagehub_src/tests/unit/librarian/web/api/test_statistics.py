"""How much there is, and how the hubs are."""

from calling import Called


def test_totals_count_what_the_caller_sees(api: Called) -> None:
    """All of it, or one camera's."""
    assert api.get("/statistics").json()["images"] == 10
    assert api.get("/statistics", "guest").json()["images"] == 5
    assert [day["camera"] for day in api.get("/statistics/days?since=2026-01-01").json()["items"]] == ["Barn", "Gate"]


def test_a_hub_says_how_far_it_is_taken_in(api: Called) -> None:
    """For administrators."""
    hub = api.get("/hubs").json()["items"][0]
    assert (hub["sequence"], hub["damaged"]) == (20, 0)
    assert api.get("/hubs", "guest").status_code == 403
