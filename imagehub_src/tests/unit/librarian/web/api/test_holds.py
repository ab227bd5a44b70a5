"""Holds."""

from calling import Called

SPAN = {"start": "2026-11-21T12:00:00Z", "end": "2026-11-21T12:00:07Z"}


def test_a_held_span_holds_its_images_until_it_is_released(api: Called) -> None:
    """Those of its camera."""
    made = api.call("POST", "/holds", json=SPAN | {"camera_id": 1, "reason": "burglary"}).json()
    assert [image["id"] for image in api.get("/images?held=true").json()["items"]] == [3, 1]
    assert api.get("/holds", "guest").json()["items"] == [made]
    assert api.call("DELETE", f"/holds/{made['id']}").status_code == 204
    assert api.get("/images?held=true").json()["items"] == []
    assert api.call("DELETE", f"/holds/{made['id']}").status_code == 404


def test_an_empty_span_and_an_unknown_camera_are_refused(api: Called) -> None:
    """The answer says why."""
    assert api.call("POST", "/holds", json=SPAN | {"end": SPAN["start"]}).status_code == 422
    assert "no camera 99" in api.call("POST", "/holds", json=SPAN | {"camera_id": 99}).json()["detail"]
