"""Events on their way to a hub."""

from datetime import UTC, datetime

from imagehub.node.events import event, in_one_line
from media import decoded

WHEN = datetime(2026, 3, 14, tzinfo=UTC)


def test_an_event_goes_with_a_tiny_black_picture() -> None:
    """Hubs expect an image with each message."""
    post = event("Barn|Heartbeat", WHEN)
    assert (post.text, post.taken, post.shape) == ("Barn|Heartbeat", WHEN, None)
    assert decoded(post.body).shape == (3, 3, 3)


def test_words_of_others_become_one_line_of_one_field() -> None:
    """An error's text can forge neither a second event nor a field of this one."""
    assert in_one_line("no\r\n such | thing\t ") == "no such / thing"
