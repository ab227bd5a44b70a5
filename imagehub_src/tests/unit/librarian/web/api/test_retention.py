"""Policies, and what goes by them."""

from calling import Called


def test_a_policy_takes_the_place_of_the_one_before(api: Called) -> None:
    """It is about the same camera and class of days."""
    api.call("PUT", "/retention/policies", json={"keep_days": 30})
    made = api.call("PUT", "/retention/policies", json={"keep_bytes": 1}).json()
    assert api.get("/retention/policies").json()["items"] == [made]
    assert api.call("PUT", "/retention/policies", json={"camera_id": 1}).status_code == 422
    assert api.call("DELETE", f"/retention/policies/{made['id']}").status_code == 204
    assert api.call("DELETE", f"/retention/policies/{made['id']}").status_code == 404


def test_the_plan_says_what_goes_and_deletes_nothing(api: Called) -> None:
    """With a limit of one byte, all goes."""
    assert api.get("/retention/plan").json()["images"] == 0
    api.call("PUT", "/retention/policies", json={"keep_bytes": 1})
    plan = api.get("/retention/plan").json()
    assert plan["images"] == sum(part["images"] for part in plan["going"]) == 10
    assert api.get("/statistics").json()["images"] == 10
