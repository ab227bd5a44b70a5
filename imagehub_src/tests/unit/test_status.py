"""Whoever may connect to the hub's local socket is given the status, as JSON."""

import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagehub import status
from imagehub.errors import ImagehubError
from imagehub.status import SOCKET_NAME, StatusServer, query
from running import until


class Document:
    """A status that the test can change, or let fail."""

    def __init__(self) -> None:
        self.content: dict[str, Any] = {"state": "ready"}
        self.fault: Exception | None = None

    def __call__(self) -> dict[str, Any]:
        """Return the document, or raise the fault."""
        if self.fault is not None:
            raise self.fault
        return self.content


@pytest.fixture
def document() -> Document:
    """What the hub would tell."""
    return Document()


@pytest.fixture
def server(tmp_path: Path, document: Document) -> Iterator[StatusServer]:
    """A server that tells it."""
    server = StatusServer(tmp_path, document)
    server.start()
    yield server
    server.close()


@pytest.mark.usefixtures("server")
def test_who_asks_is_given_the_document_of_that_moment(tmp_path: Path, document: Document) -> None:
    """Each query is answered anew."""
    assert query(tmp_path) == {"state": "ready"}
    document.content = {"state": "full", "reason": "disk full"}
    assert query(tmp_path) == {"state": "full", "reason": "disk full"}


@pytest.mark.usefixtures("server")
def test_a_large_document_arrives_whole(tmp_path: Path, document: Document) -> None:
    """Ten thousand cameras are more than a socket's buffer holds."""
    document.content = {"nodes": [{"node": f"Barn{number}", "last_event": "x" * 80} for number in range(10_000)]}
    assert query(tmp_path) == document.content


@pytest.mark.usefixtures("server")
def test_the_hubs_user_and_group_may_ask_and_nobody_else(tmp_path: Path) -> None:
    """The socket is closed to others, whatever the umask."""
    assert stat.S_IMODE((tmp_path / SOCKET_NAME).stat().st_mode) == 0o660


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("fault", [RuntimeError("a fault"), OSError("no disk")])
def test_a_status_that_fails_is_not_the_last_one(
    tmp_path: Path, document: Document, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Who asks meanwhile is told that there is no answer, the log has the fault, and the next query is answered."""
    document.fault = fault
    with pytest.raises(ImagehubError, match="no hub answers"):
        query(tmp_path)
    document.fault = None
    assert query(tmp_path) == {"state": "ready"}
    assert [record.message for record in caplog.records] == ["could not tell the status"]


@pytest.mark.usefixtures("server")
def test_who_hangs_up_at_once_disturbs_nobody(tmp_path: Path) -> None:
    """A client that goes away before its answer is no fault of the next one."""
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(tmp_path / SOCKET_NAME))
    assert query(tmp_path) == {"state": "ready"}


def test_a_closed_server_leaves_nothing(tmp_path: Path, document: Document) -> None:
    """Neither the socket's file nor the thread outlives it, and another server can take its place."""
    for _ in range(2):
        server = StatusServer(tmp_path, document)
        server.start()
        assert query(tmp_path) == {"state": "ready"}
        server.close()
        assert not (tmp_path / SOCKET_NAME).exists()
        until(lambda: "status" not in {thread.name for thread in threading.enumerate()}, "the thread to end")


def test_a_server_that_never_started_can_be_closed(tmp_path: Path, document: Document) -> None:
    """What ends a start half-way may close everything."""
    StatusServer(tmp_path, document).close()


def test_no_hub_is_told_with_what_to_look_at(tmp_path: Path) -> None:
    """The error names the folder, the cause, and the option that may be wrong."""
    with pytest.raises(ImagehubError, match=rf"no hub answers at {tmp_path} \(.*No such file.*--path"):
        query(tmp_path)


def test_a_user_who_may_not_ask_is_told_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that is closed to this user is not taken for a missing hub."""

    def refuse(*_: object) -> socket.socket:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr("imagehub.local.connect", refuse)
    with pytest.raises(ImagehubError, match=f"not allowed to ask the hub at {tmp_path}: be the hub's user"):
        query(tmp_path)


def test_an_answer_that_is_no_document_is_told(tmp_path: Path) -> None:
    """Another program at the same path is not taken for a hub."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / SOCKET_NAME))
        listener.listen()
        failed: list[ImagehubError] = []

        def ask() -> None:
            try:
                query(tmp_path)
            except ImagehubError as error:
                failed.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        stream, _ = listener.accept()
        with stream:
            stream.sendall(b"SSH-2.0-")
        thread.join()
    assert "no hub answers" in str(failed[0])


def test_the_document_is_json(tmp_path: Path, server: StatusServer) -> None:
    """Any program can read it: one document, then the end of the stream."""
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(str(tmp_path / SOCKET_NAME))
        stream.settimeout(status.ANSWER_SECONDS)
        assert json.loads(b"".join(iter(lambda: stream.recv(4096), b""))) == {"state": "ready"}
