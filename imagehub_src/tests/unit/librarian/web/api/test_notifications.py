"""What rules sent."""

from calling import Called
from imagehub.librarian import notify
from imagehub.librarian.notify import Draft


def test_a_notification_is_listed_without_its_secret_and_sent_again(api: Called) -> None:
    """The second one waits to be sent as the first did."""
    with api.site.writing() as connection:
        draft = Draft(
            rule_id=None, camera_id=1, image_id=1, event_id=None, time_us=1, cause="test", channel="webhook",
            target="https://example.org/secret", title="Gate", text="moved",
        )  # fmt: skip
        notify.put(connection, draft, 1)
    first = api.get("/notifications").json()["items"][0]
    assert (first["target"], first["camera"], first["state"]) == ("https://example.org/…", "Gate", "waiting")
    assert api.call("POST", f"/notifications/{first['id']}/again").status_code == 204
    assert len(api.get("/notifications").json()["items"]) == 2
    assert len(api.get("/notifications?limit=1").json()["items"]) == 1
    assert api.call("POST", "/notifications/99/again").status_code == 404
