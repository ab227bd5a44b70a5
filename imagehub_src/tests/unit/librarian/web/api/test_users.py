"""Users."""

from calling import Called


def test_a_user_is_invited_changed_and_removed(api: Called) -> None:
    """The link by which they choose a password is in the first answer only."""
    made = api.call("POST", "/users", json={"name": "eve", "cameras": [2]}).json()
    assert "/reset/" in made["link"]
    number = made["user"]["id"]
    changed = api.call("PATCH", f"/users/{number}", json={"mail": "eve@example.org"}).json()
    assert (changed["cameras"], changed["mail"]) == ([2], "eve@example.org")
    assert api.call("PATCH", f"/users/{number}", json={"cameras": None}).json()["cameras"] is None
    assert api.get(f"/users/{number}").json() == changed | {"cameras": None}
    assert api.call("DELETE", f"/users/{number}").status_code == 204
    assert api.get(f"/users/{number}").status_code == 404


def test_the_last_administrator_stays(api: Called) -> None:
    """The answer says why; a name that is taken is refused too."""
    assert "last administrator" in api.call("DELETE", "/users/1").json()["detail"]
    assert api.call("POST", "/users", json={"name": "guest"}).status_code == 422
