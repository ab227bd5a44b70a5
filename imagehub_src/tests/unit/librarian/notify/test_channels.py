"""All channels, and a test message by one of them."""

from pathlib import Path

import pytest

from imagehub.librarian import notify, settings
from imagehub.librarian.notify import NotSentError
from mailboxes import hook


def test_each_channel_has_a_check_of_its_targets(tmp_path: Path) -> None:
    """So that no rule has one that can't be reached."""
    assert notify.channels(settings.parse("librarian:", tmp_path)).keys() == notify.CHECKS.keys()


def test_a_test_message_is_sent_now(tmp_path: Path) -> None:
    """And says what went wrong."""
    channels = notify.channels(settings.parse("librarian:", tmp_path))
    with hook() as kept:
        notify.try_out(channels, "webhook", kept.url)
        assert b"This is a test" in kept.posts[0][2]
        kept.status = 500
        with pytest.raises(NotSentError, match="500"):
            notify.try_out(channels, "webhook", kept.url)
