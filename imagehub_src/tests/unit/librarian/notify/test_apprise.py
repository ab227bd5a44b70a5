"""Apprise reaches a real server by its own protocol."""

import base64
import json
import logging
import sys

import pytest

from imagehub.errors import MissingExtraError
from imagehub.librarian.notify import Message, NotSentError, Picture
from imagehub.librarian.notify.apprise import AppriseChannel, check_target
from mailboxes import hook

MESSAGE = Message("7.1", "Gate", "motion", 0, picture=Picture("a.jpg", b"\xff\xd8 a picture"))


def test_a_message_arrives_with_its_picture() -> None:
    """Title, text and file."""
    with hook() as kept:
        AppriseChannel().send(kept.url.replace("http", "json") + "/t0ken", MESSAGE)
    posted = json.loads(kept.posts[0][2])
    assert (posted["title"], posted["message"]) == ("Gate", "motion")
    assert base64.b64decode(posted["attachments"][0]["base64"]) == b"\xff\xd8 a picture"


def test_a_failure_is_told_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the error nor the log has the token, however much is logged."""
    caplog.set_level(logging.DEBUG)
    with hook() as kept:
        kept.status = 500
        with pytest.raises(NotSentError, match=r"json://…: .*500") as caught:
            AppriseChannel().send(kept.url.replace("http", "json") + "/t0ken", MESSAGE)
    assert kept.posts
    assert "t0ken" not in str(caught.value)
    assert "t0ken" not in caplog.text


def test_without_the_package_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules can be written all the same."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    check_target("ntfys://topic")
    with pytest.raises(MissingExtraError, match=r"imagehub\[apprise\]"):
        AppriseChannel().send("ntfys://topic", MESSAGE)


@pytest.mark.parametrize(
    "target", ["ntfys://my-topic", "pover://user@token", "tgram://123456789:abcdefg_hijklmnop/12345"]
)
def test_urls_of_services_are_taken(target: str) -> None:
    """Those that the guide names."""
    check_target(target)


@pytest.mark.parametrize("target", ["", "ntfy", "pigeon://x", "pover://", "ntfys://a\n"])
def test_what_apprise_does_not_know_is_refused(target: str) -> None:
    """Before it is kept."""
    with pytest.raises(ValueError, match="expected a"):
        check_target(target)
