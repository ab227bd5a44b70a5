"""The caller, and their own tokens."""

from calling import Called


def test_a_token_works_until_it_is_revoked(api: Called) -> None:
    """Its secret is in the first answer only."""
    made = api.call("POST", "/tokens", json={"name": "phone", "scopes": ["read"]}).json()
    api.tokens["phone"] = made["secret"]
    assert api.get("/me", "phone").json()["scopes"] == ["read"]
    assert made["secret"] not in api.get("/tokens").text
    assert api.call("DELETE", f"/tokens/{made['token']['id']}").status_code == 204
    assert api.get("/me", "phone").status_code == 401


def test_a_token_gets_no_more_than_its_maker_has(api: Called) -> None:
    """Nor does a viewer's session get more than to look."""
    assert api.call("POST", "/tokens", "admin", json={"name": "x", "scopes": ["write"]}).status_code == 403
    form = {"X-Form-Token": api.sign_in("guest")}
    looks, writes = ({"name": "x", "scopes": [scope]} for scope in ("read", "write"))
    assert api.call("POST", "/tokens", "", json=looks, headers=form).status_code == 201
    assert api.call("POST", "/tokens", "", json=writes, headers=form).status_code == 422


def test_another_users_token_is_not_there(api: Called) -> None:
    """Not even for an administrator: it is their own that are listed here."""
    theirs = max(token["id"] for token in api.get("/tokens").json()["items"]) - 3
    assert api.call("DELETE", f"/tokens/{theirs}").status_code == 404
