"""Rules: made, changed, tried on the past."""

from typing import Any

from calling import Called

RULE: dict[str, Any] = {
    "name": "hot",
    "conditions": {"trigger": "event", "event_kind": "temperature", "above": 12},
    "actions": [{"channel": "webhook", "target": "http://127.0.0.1:9/secret"}],
}


def test_a_rule_is_made_changed_and_removed(api: Called) -> None:
    """What is left out of a change stays."""
    made = api.call("POST", "/rules", json=RULE).json()
    assert api.get("/rules").json()["items"] == [made]
    changed = api.call("PATCH", f"/rules/{made['id']}", json={"enabled": False}).json()
    assert changed == made | {"enabled": False}
    assert api.call("DELETE", f"/rules/{made['id']}").status_code == 204
    assert api.get(f"/rules/{made['id']}").status_code == 404


def test_a_change_of_what_was_changed_since_is_refused(api: Called) -> None:
    """The ETag of an answer is that of the next one."""
    number = api.call("POST", "/rules", json=RULE).json()["id"]
    seen = {"If-Match": api.get(f"/rules/{number}").headers["ETag"]}
    assert api.call("PATCH", f"/rules/{number}", json={"name": "warm"}, headers=seen).status_code == 200
    assert api.call("PATCH", f"/rules/{number}", json={"name": "cold"}, headers=seen).status_code == 412


def test_faults_name_their_fields(api: Called) -> None:
    """Also those that only the rule as a whole has."""
    clash = RULE | {"conditions": {"trigger": "disk", "above": 3}}
    faults = [fault["field"] for fault in api.call("POST", "/rules", json=clash).json()["errors"]]
    assert faults == ["body.conditions.above", "body.conditions.free_bytes"]
    api.call("POST", "/rules", json=RULE)
    assert api.call("POST", "/rules", json=RULE).json()["errors"][0]["field"] == "body.name"


def test_a_dry_run_counts_what_would_have_fired(api: Called) -> None:
    """Nothing is kept and nothing sent."""
    span = {"start": "2026-11-21T00:00:00Z", "end": "2026-11-22T00:00:00Z"}
    run = api.call("POST", "/rules/dry-run", json=span | {"rule": RULE | {"cooldown_seconds": 0}}).json()
    assert (run["count"], run["examples"][0]["camera"]) == (4, "Gate")
    assert api.get("/rules").json()["items"] == api.get("/notifications").json()["items"] == []


def test_a_test_message_that_nobody_takes_is_said(api: Called) -> None:
    """Nobody listens at that port; and what is no target is refused before."""
    assert api.call("POST", "/rules/test", json=RULE["actions"][0]).status_code == 502
    assert api.call("POST", "/rules/test", json={"channel": "mail", "target": "x"}).status_code == 422
