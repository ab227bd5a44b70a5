"""Licence plates."""

from calling import Called


def test_plates_and_where_they_were_seen(api: Called) -> None:
    """A star stands for anything; percent and underscore are plain characters."""
    assert [plate["text"] for plate in api.get("/plates?text=*2").json()["items"]] == ["ABC2"]
    assert [one["label"] for one in api.get("/plates/sightings?text=abc*").json()["items"]] == ["ABC2", "ABC1"]
    assert api.get("/plates?text=A%25").json()["items"] == api.get("/plates?text=ABC_").json()["items"] == []
    assert [one["image_id"] for one in api.get("/plates/2/sightings").json()["items"]] == [2]


def test_what_is_known_of_a_plate_is_kept(api: Called) -> None:
    """What is left out stays; who changed what was changed since is refused."""
    seen = {"If-Match": api.get("/plates/1").headers["ETag"]}
    first = api.call("PATCH", "/plates/1", json={"owner": "Ada", "identified": True}, headers=seen)
    assert first.json() | {"watched": True} == api.call("PATCH", "/plates/1", json={"watched": True}).json()
    assert api.call("PATCH", "/plates/1", json={"owner": "Eve"}, headers=seen).status_code == 412
    assert [plate["id"] for plate in api.get("/plates?which=watched").json()["items"]] == [1]
    assert [plate["id"] for plate in api.get("/plates?which=unknown").json()["items"]] == [2]


def test_a_plate_is_made_one_with_another(api: Called) -> None:
    """Which has the sightings of both then."""
    assert api.call("POST", "/plates/2/merge", json={"into": 1}).json()["sightings"] == 2
    assert api.get("/plates/2").status_code == 404
    assert api.call("POST", "/plates/1/merge", json={"into": 1}).status_code == 422
    assert api.call("POST", "/plates/1/merge", json={"into": 99}).status_code == 404


def test_a_plate_is_added_once(api: Called) -> None:
    """And forgotten with its sightings; one that was not seen comes last."""
    made = api.call("POST", "/plates", json={"text": "BKS1234", "region": "de", "watched": True})
    assert (made.status_code, made.json()["sightings"], made.json()["last"]) == (201, 0, None)
    again = api.call("POST", "/plates", json={"text": "BKS1234", "region": "de"})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "text")
    assert [plate["text"] for plate in api.get("/plates").json()["items"]][-1] == "BKS1234"
    assert api.call("DELETE", "/plates/1").status_code == 204
    assert api.get("/plates/1").status_code == api.call("DELETE", "/plates/1").status_code == 404


def test_viewers_learn_nothing_of_plates_that_others_saw(api: Called) -> None:
    """Nor that there are such."""
    assert [plate["text"] for plate in api.get("/plates", "guest").json()["items"]] == ["ABC1"]
    assert [one["label"] for one in api.get("/plates/sightings", "guest").json()["items"]] == ["ABC1"]
    assert [api.get(f"/plates/{number}", "guest").status_code for number in (1, 2, 3)] == [200, 404, 404]
    assert api.get("/plates/2/sightings", "guest").status_code == 404


def test_viewers_change_no_plate(api: Called) -> None:
    """Whatever their token says."""
    calls = {
        ("POST", "/plates"): {"text": "XY1"},
        ("PATCH", "/plates/1"): {"owner": "Eve"},
        ("POST", "/plates/1/merge"): {"into": 2},
        ("DELETE", "/plates/1"): None,
    }
    for (method, path), body in calls.items():
        assert {api.call(method, path, who, json=body).status_code for who in ("guest", "read")} == {403}
