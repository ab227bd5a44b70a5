"""Objects and plates."""

from calling import Called


def test_objects_and_where_they_were_found(api: Called) -> None:
    """A viewer's numbers count only the cameras that they see."""
    assert [one["label"] for one in api.get("/objects").json()["items"]] == ["person"]
    assert [one["image_id"] for one in api.get("/objects/detections?label=person").json()["items"]] == [2, 1]
    assert [one["image_id"] for one in api.get("/objects/detections", "guest").json()["items"]] == [1]


def test_plates_and_where_they_were_seen(api: Called) -> None:
    """A star stands for anything; percent and underscore are plain characters."""
    assert [plate["text"] for plate in api.get("/plates?text=*2").json()["items"]] == ["ABC2"]
    assert [one["label"] for one in api.get("/plates/sightings?text=abc*").json()["items"]] == ["ABC2", "ABC1"]
    assert api.get("/plates?text=A%25").json()["items"] == api.get("/plates?text=ABC_").json()["items"] == []
