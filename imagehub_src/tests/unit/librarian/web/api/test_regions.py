"""Regions of cameras' pictures."""

from calling import Called

DRIVE = {"name": "drive", "use": "zone", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.5, 1.0]]}


def test_regions_are_replaced_as_a_whole(api: Called) -> None:
    """And given back as they were given."""
    hedge = DRIVE | {"name": "hedge", "use": "ignore"}
    assert api.call("PUT", "/cameras/1/regions", json={"items": [hedge, DRIVE]}).json() == {"items": [DRIVE, hedge]}
    assert api.call("PUT", "/cameras/1/regions", json={"items": [hedge]}).status_code == 200
    assert api.get("/cameras/1/regions").json() == {"items": [hedge]}
    assert api.get("/cameras/2/regions").json() == {"items": []}


def test_regions_that_were_changed_since_are_not_overwritten(api: Called) -> None:
    """Who has seen an older state is told so."""
    seen = {"If-Match": api.get("/cameras/1/regions").headers["ETag"]}
    answers = [api.call("PUT", "/cameras/1/regions", json={"items": [DRIVE]}, headers=seen) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 412]


def test_what_is_no_region_is_a_fault(api: Called) -> None:
    """Which names it."""
    knot = DRIVE | {"polygon": [[0.1, 0.1], [0.9, 0.9], [0.9, 0.2], [0.1, 0.7]]}
    answer = api.call("PUT", "/cameras/1/regions", json={"items": [knot]})
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"field": "regions", "detail": "drive: its edges cross"}],
    )


def test_viewers_see_the_regions_of_their_cameras_only(api: Called) -> None:
    """And change none."""
    assert [api.get(f"/cameras/{number}/regions", "guest").status_code for number in (1, 2)] == [200, 404]
    assert api.call("PUT", "/cameras/1/regions", "guest", json={"items": []}).status_code == 403
