"""Images: search, pages, bytes, hold and delete."""

import pytest

from calling import Called


def test_pages_lead_through_all_images_and_back(api: Called) -> None:
    """Each is met once, newest first; `Link` says what the body says."""
    first = api.get("/images?limit=4&camera=1")
    second = api.client.get(first.json()["next"], headers=first.request.headers)
    ids = [image["id"] for answer in (first, second) for image in answer.json()["items"]]
    assert ids == [9, 7, 5, 3, 1]
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert second.json()["next"] is None
    back = api.client.get(second.json()["previous"], headers=first.request.headers)
    assert back.json()["items"] == first.json()["items"]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ("camera=2&start=2026-11-21T12:00:10Z", [10, 8, 6]),
        ("end=2026-11-21T13:00:04.000000%2B01:00", [1]),
        ("object=person", [2, 1]),
        ("plate=abc*&camera=2", [2]),
        ("held=true", []),
        ("event=motion", []),
        ("from_hour=13&to_hour=14&zone=Europe/Berlin&camera=1", [9, 7, 5, 3, 1]),
        ("from_hour=13&camera=1", []),
    ],
)
def test_filters(api: Called, filters: str, ids: list[int]) -> None:
    """Each finds what the page's gallery finds."""
    assert [image["id"] for image in api.get(f"/images?{filters}").json()["items"]] == ids


def test_an_image_has_its_time_with_microseconds_in_utc(api: Called) -> None:
    """And its camera, path and size."""
    image = api.get("/images/3").json()
    assert (image["time"], image["camera"]) == ("2026-11-21T12:00:06.000000Z", "Gate")
    assert api.get("/images/latest").json()["items"][1]["id"] == 9
    assert [box["label"] for box in api.get("/images/1/boxes").json()["items"]] == ["person", "ABC1"]


def test_a_file_comes_whole_in_part_or_not_again(api: Called) -> None:
    """Ranges count from the begin or the end; what has the ETag gets 304; HEAD has no body."""
    whole = api.get("/images/3/file")
    part = api.get("/images/3/file", headers={"Range": "bytes=2-5", "If-Range": whole.headers["ETag"]})
    last = api.get("/images/3/file", headers={"Range": "bytes=-4"})
    assert whole.content[:2] == b"\xff\xd8"
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    assert part.headers["Content-Range"] == f"bytes 2-5/{len(whole.content)}"
    assert last.content == whole.content[-4:]
    assert api.get("/images/3/file", headers={"Range": "bytes=2-5", "If-Range": '"old"'}).content == whole.content
    assert api.get("/images/3/file", headers={"Range": "bytes=999999-"}).status_code == 416
    assert api.get("/images/3/file", headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    head = api.call("HEAD", "/images/3/file")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))


def test_a_file_that_is_no_picture_or_not_there_is_said(api: Called) -> None:
    """The bytes of the first are given all the same."""
    assert api.get("/images/1/file").content == b"no picture"
    assert api.get("/images/1/thumbnail/small").json()["detail"] == "The file is no picture."
    assert api.get("/images/2/file").status_code == api.get("/images/2/thumbnail/small").status_code == 404
    thumbnail = api.get("/images/3/thumbnail/small")
    again = api.get("/images/3/thumbnail/small", headers={"If-None-Match": thumbnail.headers["ETag"]})
    assert (thumbnail.headers["Content-Type"], again.status_code) == ("image/jpeg", 304)


def test_what_is_held_is_not_deleted(api: Called) -> None:
    """When it is held no longer, it is deleted for good, and the audit log says by whom."""
    assert api.call("PUT", "/images/3/hold", json={"hold": True}).json()["held"]
    assert api.call("DELETE", "/images/3").status_code == 409
    assert not api.call("PUT", "/images/3/hold", json={"hold": False}).json()["held"]
    assert api.call("DELETE", "/images/3").status_code == 204
    assert api.get("/images/3").status_code == api.get("/images/3/file").status_code == 404
    entry = api.get("/audit?action=image.delete").json()["items"][0]
    assert (entry["actor"], entry["subject"].endswith("000006.jpg")) == ("admin", True)
