"""Objects: what was found in images, and what was seen."""

from sqlalchemy import insert

from calling import Called
from imagehub.librarian import schema


def test_objects_and_where_they_were_found(api: Called) -> None:
    """A viewer's numbers count only the cameras that they see."""
    assert [one["label"] for one in api.get("/objects").json()["items"]] == ["person"]
    assert [one["image_id"] for one in api.get("/objects/detections?label=person").json()["items"]] == [2, 1]
    assert [one["image_id"] for one in api.get("/objects/detections", "guest").json()["items"]] == [1]


def test_what_was_seen_is_counted_in_parts_of_a_span(api: Called) -> None:
    """Detections count where their image lies; who may not see a camera does not count it."""
    query = "/objects/statistics?start=2026-11-21T12:00:00Z&end=2026-11-21T12:00:10Z&parts=5"
    everything = api.get(query).json()["items"]
    assert {one["camera"]: one["detections"] for one in everything} == {
        "Gate": [0, 1, 0, 0, 0],
        "Barn": [0, 0, 1, 0, 0],
    }
    assert [one["camera"] for one in api.get(query, "guest").json()["items"]] == ["Gate"]
    assert api.get(query.replace("12:00:10", "11:00:10")).status_code == 422


def test_a_thing_in_several_images_is_seen_once(api: Called) -> None:
    """Tracks are listed with when they began and how many images show them."""
    with api.site.writing() as connection:
        for camera in (1, 2):
            box = {"score": 0.9, "left": 0.1, "top": 0.1, "width": 0.5, "height": 0.5}
            seen = {"time_us": camera, "first_us": 0, "last_us": 9, "images": 7, "absent_us": 0}
            row = box | seen | {"object_id": 1, "camera_id": camera, "ended": False, "quiet": False}
            connection.execute(insert(schema.tracks).values(**row))
    assert [(one["label"], one["camera"], one["images"]) for one in api.get("/objects/tracks").json()["items"]] == [
        ("person", "Barn", 7),
        ("person", "Gate", 7),
    ]
    assert [one["camera"] for one in api.get("/objects/tracks?label=person", "guest").json()["items"]] == ["Gate"]
