"""The audit log."""

from calling import Called


def test_pages_lead_through_the_log(api: Called) -> None:
    """Each entry is met once, newest first; filters stay."""
    api.call("PATCH", "/cameras/1", json={"type": "gate"})
    first = api.get("/audit?limit=3&user=1").json()
    ids = [entry["id"] for entry in first["items"]]
    second = api.client.get(first["next"], headers={"Authorization": f"Bearer {api.tokens['all']}"}).json()
    ids += [entry["id"] for entry in second["items"]]
    assert ids == sorted(set(ids), reverse=True)
    assert first["items"][0]["action"] == "camera.edit"
    assert first["items"][0]["details"] == {"type": "gate"}
    assert api.get("/audit?action=nothing").json()["items"] == []
