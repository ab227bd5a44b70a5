"""What an answer says when something is wrong."""

from typing import Any

import pytest

from calling import Called
from imagehub.librarian.queries import images

HOSTILE = ["' OR '1'='1", '"; DROP TABLE images; --', "%", "_", "\\", "*" * 200, "é\U0001f600", "0); SELECT 1"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/images/", 404),
        ("GET", "/images/99", 404),
        ("POST", "/images", 405),
        ("GET", "/images/first", 404),
        ("GET", f"/images/{2**63}", 422),
        ("GET", "/images/-1", 404),
        ("GET", "/images/" + "9" * 6000, 404),
        ("DELETE", "/images/latest", 405),
        ("PATCH", "/rules/dry-run", 405),
        ("GET", "/images?limit=0", 422),
        ("GET", "/images?colour=red", 422),
        ("GET", "/images?cursor=o1.2.3", 422),
        ("GET", "/images?cursor=o" + "9" * 90, 422),
        ("GET", "/images?start=yesterday", 422),
        ("GET", "/images?start=2026-02-30T00:00:00Z", 422),
        ("GET", "/images?from_hour=25", 422),
        ("GET", "/images?from_hour=1&zone=Nowhere", 422),
        ("GET", "/images?plate=%00", 400),
        ("PATCH", "/cameras/1", 422),
    ],
)
def test_every_refusal_is_a_problem(api: Called, method: str, path: str, status: int) -> None:
    """Of the right type, with its status and a text."""
    answer = api.call(method, path)
    told = answer.json()
    assert (answer.status_code, told["status"], answer.headers["Content-Type"]) == (
        status, status, "application/problem+json",
    )  # fmt: skip
    assert told["title"]
    assert told["detail"]
    assert bool(told["errors"]) == (status == 422)


def test_a_wrong_method_is_told_the_right_ones(api: Called) -> None:
    """All of them, whichever operation they belong to."""
    assert api.call("PUT", "/cameras/1").headers["Allow"] == "GET, HEAD, PATCH"
    assert api.call("DELETE", "/rules").headers["Allow"] == "GET, HEAD, POST"


def test_what_breaks_says_nothing_of_the_inside(api: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a problem too."""

    def broken(*_: Any) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(images, "latest", broken)
    answer = api.get("/images/latest")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("text", HOSTILE)
def test_words_are_words_and_nothing_else(api: Called, text: str) -> None:
    """What databases take for commands or wildcards is looked for as it is."""
    for path, name in (
        ("/images", "object"), ("/images", "plate"), ("/objects/detections", "label"), ("/plates", "text"),
        ("/plates/sightings", "text"), ("/audit", "action"),
    ):  # fmt: skip
        answer = api.get(path, params={name: text})
        found = 2 if set(text) == {"*"} and name in {"text", "plate"} else 0
        assert (answer.status_code, len(answer.json()["items"])) == (200, found), path
    for path, name in (
        ("/images", "cursor"), ("/images?from_hour=1", "zone"), ("/events", "kind"), ("/days", "month"),
        ("/statistics/days", "since"),
    ):  # fmt: skip
        address, _, more = path.partition("?")
        given = {name: text} | ({"from_hour": "1"} if more else {})
        assert api.get(address, params=given).status_code == 422, path
    assert api.call("PATCH", "/cameras/1", json={"message": text}).json()["message"] == text
    assert len(api.get("/images").json()["items"]) == 10


@pytest.mark.parametrize("size", ["..%2f..%2fetc%2fpasswd", "%2e%2e", "large", "small%00"])
def test_no_name_leads_out_of_the_folder(api: Called, size: str) -> None:
    """Neither as a size nor in place of an id."""
    assert api.get(f"/images/3/thumbnail/{size}").status_code in {400, 404, 422}
    assert api.get(f"/images/{size}/file").status_code in {400, 404, 422}


def test_a_path_in_the_catalog_that_leads_out_is_not_opened(api: Called) -> None:
    """Whoever wrote it there; nor is a link."""
    hub = api.site.settings.hub_directory
    (hub / "secret").write_text("secret")
    image = next(hub.glob("images/*/*000006.jpg"))
    image.unlink()
    image.symlink_to(hub / "secret")
    assert api.get("/images/3/file").status_code == 404
    for path in ("images/../secret", "../secret", "images/2026-11-21/../../secret", str(hub / "secret")):
        with api.site.writing() as connection:
            connection.exec_driver_sql("UPDATE images SET path = ? WHERE id = 5", (path,))
        assert api.get("/images/5/file").status_code == api.get("/images/5/thumbnail/small").status_code == 404
