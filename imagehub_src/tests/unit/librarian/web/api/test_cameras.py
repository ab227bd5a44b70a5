"""Cameras: what each is, and changes that do not overwrite others."""

from calling import Called


def test_what_is_left_out_stays(api: Called) -> None:
    """A change has only what it changes."""
    changed = api.call("PATCH", "/cameras/1", json={"type": "gate", "roi_names": ["door", "road"]}).json()
    assert api.call("PATCH", "/cameras/1", json={"display": False}).json() == changed | {"display": False}
    assert api.get("/cameras/1").json()["roi_names"] == ["door", "road"]


def test_a_change_of_what_was_changed_since_is_refused(api: Called) -> None:
    """The answer to a change has the ETag of what is then there."""
    seen = api.get("/cameras/1").headers["ETag"]
    first = api.call("PATCH", "/cameras/1", json={"type": "gate"}, headers={"If-Match": seen})
    second = api.call("PATCH", "/cameras/1", json={"type": "door"}, headers={"If-Match": seen})
    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["ETag"] == api.get("/cameras/1").headers["ETag"] == second.headers["ETag"]
    third = api.call("PATCH", "/cameras/1", json={"type": "door"}, headers={"If-Match": first.headers["ETag"]})
    assert third.json()["type"] == "door"


def test_what_has_not_changed_is_not_sent_again(api: Called) -> None:
    """One camera, and the list."""
    for path in ("/cameras", "/cameras/1"):
        etag = api.get(path).headers["ETag"]
        again = api.get(path, headers={"If-None-Match": f'"other", {etag}'})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)


def test_faults_name_their_fields(api: Called) -> None:
    """What the catalog refuses too, such as a comma in a region's name."""
    typed = api.call("PATCH", "/cameras/1", json={"display": 1, "colour": "red"})
    assert [fault["field"] for fault in typed.json()["errors"]] == ["body.display", "body.colour"]
    comma = api.call("PATCH", "/cameras/1", json={"roi_names": ["a,b"]})
    assert (comma.status_code, comma.json()["errors"][0]["field"]) == (422, "roi_names")
