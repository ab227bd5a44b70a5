"""Files come whole, with checksums, and the rest of them after a broken connection."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from imagehub.colony import protocol
from imagehub.colony.agent.shelf import Session
from imagehub.colony.conductor.collecting import Collector
from imagehub.colony.conductor.link import Answer, NoReplyError
from imagehub.colony.conductor.remote import CameraFailedError, Remote
from imagehub.colony.protocol import Reply

SESSION = Session("", "first", "left")
VIDEO = "first.left.20260131_120000.rcc.video.h264"
CONTENT = bytes(range(256)) * 10_000


class FakeRemote(Remote):
    """An agent with some files, whose connection breaks and whose disk lies as it is told."""

    name = "left"

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.offsets: list[int] = []
        self.broken = 0
        self.damaged = 0
        self.unready = 1

    def ask(self, ask: str, *_: Any, **fields: Any) -> Answer:
        """See `Remote.ask`."""
        if self.broken:
            self.broken -= 1
            raise NoReplyError("left: no answer")
        reply, data = self._told(ask, fields)
        return Answer(Reply("7", True, "", "idle", reply, data), 1, 2)

    def _told(self, ask: str, fields: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        if ask == "files":
            return {"files": [{"path": name, "size": len(data)} for name, data in self.files.items()]}, b""
        content = self.files[fields["path"]]
        if ask == "sum":
            self.unready -= 1
            return {"sha256": None if self.unready >= 0 else hashlib.sha256(content).hexdigest()}, b""
        self.offsets.append(fields["offset"])
        data = content[fields["offset"] : fields["offset"] + fields["size"]]
        if self.damaged:
            self.damaged -= 1
            data = data[:-1] + b"?"
        return {}, data


def collector(remote: FakeRemote, folder: Path) -> Collector:
    """Return what fetches the files of an agent."""
    return Collector(remote, SESSION, "/home/pi/data", folder)


def test_a_file_comes_whole(tmp_path: Path) -> None:
    """In pieces, of which each is told; only what is wanted is fetched."""
    told: list[int] = []
    remote = FakeRemote({VIDEO: CONTENT, VIDEO.replace("12", "11"): b"older"})
    assert collector(remote, tmp_path).collect({VIDEO}, told.append) == [tmp_path / VIDEO]
    assert (tmp_path / VIDEO).read_bytes() == CONTENT
    assert sum(told) == len(CONTENT)
    assert [path.name for path in tmp_path.iterdir()] == [VIDEO]


def test_after_a_broken_connection_the_rest_is_fetched(tmp_path: Path) -> None:
    """Also by another conductor, from the part that is there."""
    (tmp_path / f"{VIDEO}.part").write_bytes(CONTENT[:1000])
    remote = FakeRemote({VIDEO: CONTENT})
    remote.broken = 2
    collector(remote, tmp_path).collect({VIDEO})
    assert (tmp_path / VIDEO).read_bytes() == CONTENT
    assert remote.offsets == [1000, 1000 + protocol.MAX_FETCH_BYTES, 1000 + 2 * protocol.MAX_FETCH_BYTES]


def test_what_came_damaged_is_fetched_anew_once(tmp_path: Path) -> None:
    """Then it is given up, and nothing is here that is not right."""
    remote = FakeRemote({VIDEO: b"content"})
    remote.damaged = 1
    collector(remote, tmp_path).collect({VIDEO})
    assert (tmp_path / VIDEO).read_bytes() == b"content"
    remote = FakeRemote({VIDEO: b"content"})
    remote.damaged = 2
    with pytest.raises(CameraFailedError, match="came damaged twice; it is still on the camera"):
        collector(remote, tmp_path / "other").collect({VIDEO})
    assert list((tmp_path / "other").iterdir()) == []


def test_what_is_here_already_is_not_fetched_again_and_never_overwritten(tmp_path: Path) -> None:
    """Another file of the same name is a fault."""
    remote = FakeRemote({VIDEO: b"content"})
    (tmp_path / VIDEO).write_bytes(b"content")
    assert collector(remote, tmp_path).collect({VIDEO}) == [tmp_path / VIDEO]
    assert remote.offsets == []
    (tmp_path / VIDEO).write_bytes(b"precious")
    with pytest.raises(CameraFailedError, match="is here already, and is another file"):
        collector(remote, tmp_path).collect({VIDEO})
    assert (tmp_path / VIDEO).read_bytes() == b"precious"


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "other.left.20260131_120000.rcc.video.h264", "x"]
)
def test_an_agent_cant_write_elsewhere(tmp_path: Path, name: str) -> None:
    """It is not trusted with names."""
    with pytest.raises(CameraFailedError, match="is no name of a file of first"):
        collector(FakeRemote({name: b""}), tmp_path).collect({name})
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_becomes_shorter_is_a_fault(tmp_path: Path) -> None:
    """Nobody waits for bytes that are not there."""
    remote = FakeRemote({VIDEO: b"content"})
    (tmp_path / f"{VIDEO}.part").write_bytes(b"cont")
    files = collector(remote, tmp_path)
    remote.files = {VIDEO: b"content"}
    original = remote._told

    def shorter(ask: str, fields: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        return ({}, b"") if ask == "fetch" else original(ask, fields)

    remote._told = shorter  # type: ignore[method-assign]
    with pytest.raises(CameraFailedError, match="became shorter"):
        files.collect({VIDEO})
