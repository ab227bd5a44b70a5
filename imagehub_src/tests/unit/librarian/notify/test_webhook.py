"""Webhooks are posted to a real HTTP server."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from imagehub.librarian.notify import HopelessError, Message, NotSentError
from imagehub.librarian.notify.webhook import WebhookChannel, check_target
from mailboxes import hook
from running import free_port

MESSAGE = Message("7.1", "Gate", "Grüße", 1_795_262_400_000_001, "Gate", "Barn P1", 3, 4)


def test_posts_json_with_a_key() -> None:
    """The key is the same each time that it is tried."""
    with hook() as kept:
        for _ in range(2):
            WebhookChannel().send(f"{kept.url}/a/b?c=d", MESSAGE)
    path, headers, body = kept.posts[0]
    assert path == "/a/b?c=d"
    assert headers["Content-Type"] == "application/json"
    assert [post[1]["Idempotency-Key"] for post in kept.posts] == ["7.1", "7.1"]
    assert json.loads(body) == {
        "key": "7.1",
        "rule": "Gate",
        "camera": "Barn P1",
        "title": "Gate",
        "text": "Grüße",
        "time": "2026-11-21T12:00:00.000001+00:00",
        "image_id": 3,
        "event_id": 4,
    }


def test_a_name_and_a_password_in_the_address_sign_in() -> None:
    """They are not part of the path."""
    with hook() as kept:
        WebhookChannel().send(kept.url.replace("//", "//ann:p%40ss@"), MESSAGE)
    path, headers, _ = kept.posts[0]
    assert (path, headers["Authorization"]) == ("/", "Basic YW5uOnBAc3M=")


@pytest.mark.parametrize(
    ("status", "hopeless"), [(500, False), (503, False), (429, False), (404, True), (302, True), (304, True)]
)
def test_only_success_is_success(status: int, hopeless: bool) -> None:
    """A refusal that stays is not tried again; the error has no token in it."""
    with hook() as kept:
        kept.status = status
        with pytest.raises(NotSentError, match=str(status)) as caught:
            WebhookChannel().send(f"{kept.url}/t0ken", MESSAGE)
    assert isinstance(caught.value, HopelessError) is hopeless
    assert "t0ken" not in str(caught.value)


def test_a_redirection_is_not_followed() -> None:
    """Neither to a file nor to another server."""
    with hook() as kept, hook() as other:
        for location in ("file:///etc/passwd", other.url):
            kept.status, kept.location = 307, location
            with pytest.raises(HopelessError, match="give the address that it leads to"):
                WebhookChannel().send(kept.url, MESSAGE)
    assert other.posts == []


@contextmanager
def mail_server() -> Iterator[str]:
    """Give the address of one that speaks, but not HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)

        def answer() -> None:
            stream, _ = server.accept()
            with stream:
                stream.recv(100_000)
                stream.sendall(b"220 mail here\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_who_does_not_answer_in_http_is_not_believed() -> None:
    """A server that is not there, and one that says something else."""
    with pytest.raises(NotSentError, match="refused"):
        WebhookChannel().send(f"http://127.0.0.1:{free_port()}/t0ken", MESSAGE)
    with mail_server() as url, pytest.raises(NotSentError, match="mail here") as caught:
        WebhookChannel().send(f"{url}/t0ken", MESSAGE)
    assert "t0ken" not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "example.org",
        "file:///etc/passwd",
        "ftp://a/b",
        "http://",
        "http:///x",
        "http://a b/",
        "http://a:x/",
        "http://a:0/",
    ],
)
def test_what_is_no_address_is_refused(target: str) -> None:
    """Files and other protocols too."""
    with pytest.raises(ValueError, match="expected an address as"):
        check_target(target)


@pytest.mark.parametrize("target", ["http://a", "https://ann:x@a.example:8443/h?x=1", "http://[::1]:80/"])
def test_addresses_are_taken(target: str) -> None:
    """On this machine and elsewhere."""
    check_target(target)
