"""When there was how much."""

from calling import Called


def test_counts_in_each_part_of_a_span(api: Called) -> None:
    """A lane for each camera."""
    span = "start=2026-11-21T12:00:00Z&end=2026-11-21T12:00:20Z"
    lanes = api.get(f"/timeline?{span}&parts=2").json()["items"]
    assert [(lane["camera"], lane["images"]) for lane in lanes] == [("Barn", [2, 2]), ("Gate", [2, 3])]
    backwards = api.get("/timeline?start=2026-11-21T12:00:00Z&end=2026-11-20T12:00:00Z")
    assert (backwards.status_code, backwards.json()["errors"][0]["field"]) == (422, "end")


def test_days_of_a_month(api: Called) -> None:
    """Or of all of them."""
    assert api.get("/days?month=2026-11").json()["items"] == api.get("/days").json()["items"]
    assert api.get("/days?month=2026-10").json()["items"] == []
