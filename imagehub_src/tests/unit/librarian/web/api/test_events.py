"""Events and readings."""

from calling import Called


def test_events_of_a_camera_and_kind(api: Called) -> None:
    """In pages, newest first."""
    found = api.get("/events?camera=1&kind=temperature&kind=motion&limit=2").json()
    assert [event["value"] for event in found["items"]] == [17.0, 13.0]
    assert found["next"].endswith("limit=2&cursor=" + found["next"].rpartition("=")[2])
    assert api.get("/events?kind=motion").json()["items"] == []


def test_the_last_event_of_each_camera(api: Called) -> None:
    """By the cameras' names."""
    assert [event["value"] for event in api.get("/events/latest").json()["items"]] == [19.0, 17.0]


def test_readings_are_averages_in_a_span(api: Called) -> None:
    """With one point, the mean of all."""
    span = "start=2026-11-21T12:00:00Z&end=2026-11-21T13:00:00Z"
    series = api.get(f"/readings?kind=temperature&{span}&points=1&camera=1").json()["items"]
    assert [(one["camera"], one["values"]) for one in series] == [("Gate", [9.0])]
    assert api.get("/readings?kind=temperature").json()["errors"][0]["field"] == "query.start"
