"""Who may call what: tokens and their scopes, sessions, and cameras that are not for everybody."""

from typing import Any

import pytest

from calling import PASSWORD, Called
from imagehub.librarian import accounts
from imagehub.librarian.web.times import now_us

BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/cameras/{id}"): {},
    ("PUT", "/images/{id}/hold"): {"hold": True},
    ("POST", "/holds"): {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"},
    ("PUT", "/retention/policies"): {"keep_days": 9},
    ("POST", "/rules"): {},
    ("POST", "/users"): {},
    ("POST", "/tokens"): {},
}
QUERIES = {
    "/readings": "?kind=light&start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z",
    "/timeline": "?start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z",
    "/statistics/days": "?since=2026-01-01",
}
# What needs another scope than its method lets expect: all that is about accounts, and rules, which hold secrets.
ADMIN = ("/users", "/tokens", "/audit")
FOR_ALL = {"/health"}


def _operations(api: Called) -> list[tuple[str, str, str]]:
    paths = api.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path, _scope(method, path)) for path, methods in paths.items() for method in methods
        if path not in FOR_ALL
    ]  # fmt: skip


def _scope(method: str, path: str) -> str:
    if path.startswith(ADMIN):
        return "admin"
    return "read" if method == "get" and not path.startswith("/rules") else "write"


def _call(api: Called, method: str, path: str, who: str, number: int = 1, **more: Any) -> Any:
    method = "HEAD" if path == "/live" else method
    address = path.replace("{id}", str(number)).replace("{size}", "small") + QUERIES.get(path, "")
    return api.call(method, address, who, json=BODIES.get((method, path)), **more)


def test_each_operation_needs_its_one_scope(api: Called) -> None:
    """A token without it is told which; one with it gets past that."""
    for method, path, scope in _operations(api):
        for other in {"read", "write", "admin"} - {scope}:
            refused = _call(api, method, path, other, 99)
            assert (refused.status_code, path) == (403, path)
            assert f'scope="{scope}"' in refused.headers["WWW-Authenticate"]
        assert _call(api, method, path, scope, 99).status_code not in {401, 403}, (method, path)


def test_nobody_gets_nothing(api: Called) -> None:
    """Without a token, and with one that is wrong; only the state of health is for everybody."""
    api.tokens["wrong"] = "imh_wrong"
    for method, path, _ in _operations(api):
        assert _call(api, method, path, "").status_code == 401, (method, path)
    refused = api.get("/images", "wrong")
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert api.get("/health", "").json()["status"] == "ok"


def test_too_many_wrong_tokens_are_held_back(api: Called) -> None:
    """The answer says for how long; a right one goes on to work."""
    api.tokens["wrong"] = "imh_wrong"
    answers = [api.get("/me", "wrong") for _ in range(25)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert api.get("/me").status_code == 200


def test_a_viewer_changes_nothing_and_sees_no_accounts(api: Called) -> None:
    """Whatever the session may; their own tokens are theirs."""
    form = {"X-Form-Token": api.sign_in("guest")}
    for method, path, scope in _operations(api):
        if (scope != "read" and not path.startswith("/tokens")) or path == "/hubs":
            assert _call(api, method, path, "", headers=form).status_code == 403, (method, path)


@pytest.mark.parametrize("who", ["guest", ""])
def test_another_users_camera_is_not_there(api: Called, who: str) -> None:
    """Each address with an id answers as if there was none, for a token and for a session; lists leave it out."""
    if not who:
        api.sign_in("guest")
    for path in ("/images/2", "/images/2/boxes", "/images/2/file", "/images/2/thumbnail/small", "/cameras/2"):
        theirs, none = api.get(path, who), api.get(path.replace("2", "999"), who)
        assert (theirs.status_code, theirs.content) == (404, none.content), path
    for path in (
        "/images", "/images?camera=2", "/images/latest", "/events", "/events?camera=2", "/events/latest",
        "/readings?kind=temperature&start=2026-01-01T00:00:00Z&end=2027-01-01T00:00:00Z",
        "/objects/detections?camera=2", "/objects/detections", "/plates", "/plates/sightings?text=*", "/images?plate=*",
        "/images?object=person", "/cameras", "/timeline?start=2026-01-01T00:00:00Z&end=2027-01-01T00:00:00Z",
        "/statistics/days?since=2026-01-01",
    ):  # fmt: skip
        assert "Barn" not in api.get(path, who).text, path
        assert "ABC2" not in api.get(path, who).text, path


def test_a_disabled_user_is_nobody(api: Called) -> None:
    """From the next call on."""
    api.call("PATCH", "/users/2", json={"disabled": True})
    assert api.get("/me", "guest").status_code == 401


def test_a_session_changes_something_only_with_its_form_token(api: Called) -> None:
    """A page of another site has the cookie sent, and nothing more."""
    form = api.sign_in()
    change = {"json": {"type": "gate"}}
    assert api.get("/me", "").json()["user"]["name"] == "admin"
    assert api.call("PATCH", "/cameras/1", "", **change).status_code == 403
    assert api.call("PATCH", "/cameras/1", "", headers={"X-Form-Token": "0" * 64}, **change).status_code == 403
    foreign = {"X-Form-Token": form, "Origin": "https://evil.example"}
    refused = api.call("PATCH", "/cameras/1", "", headers=foreign, **change)
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/problem+json")
    assert api.get("/cameras/1").json()["type"] == ""
    assert api.call("PATCH", "/cameras/1", "", headers={"X-Form-Token": form}, **change).status_code == 200


def test_another_sessions_form_token_does_not_fit(api: Called) -> None:
    """Nor does a wrong token fall back to the session."""
    with api.site.writing() as connection:
        _, other = accounts.sign_in(connection, "guest", PASSWORD, "testclient", now_us(), 30)
    api.sign_in()
    stolen = {"X-Form-Token": accounts.form_token(other)}
    assert api.call("PATCH", "/cameras/1", "", json={}, headers=stolen).status_code == 403
    api.tokens["wrong"] = "imh_wrong"
    assert api.get("/me", "wrong").status_code == 401
