"""What lies in a folder of sessions is told as far as it is there, and nothing outside of it is."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagehub.librarian import recordings
from imagehub.librarian.recordings import NoSuchSessionError, Session
from session_folders import STAMP, session


def only(root: Path) -> Session:
    """Return the one session that there is."""
    (place,) = recordings.places(root)
    return recordings.read(root, place)


def test_a_session_is_as_its_files_tell(tmp_path: Path) -> None:
    """Group and name, beginning, cameras with their videos, frames, length, and the verdict."""
    session(tmp_path, "mice", "openfield")
    found = only(tmp_path)
    assert (found.place.group, found.place.name, found.place.started) == ("mice", "openfield", "2026-11-21 02:00:00")
    assert [camera.instance for camera in found.cameras] == ["cage1", "cage2"]
    assert found.cameras[1].video == f"openfield.cage2.{STAMP}.rcc.video.h264.mp4"
    assert [camera.delay_seconds for camera in found.cameras] == [0.0, 0.005]
    assert (found.frames, found.seconds, found.verdict, found.reasons) == (600, 10.0, "passed", ())


def test_sessions_come_newest_first_with_or_without_a_group(tmp_path: Path) -> None:
    """By when they began, not by their names; other folders are none."""
    session(tmp_path, "a", stamp="20261119_100000")
    session(tmp_path, "group", "z", stamp="20261118_100000")
    session(tmp_path, "group", "b", stamp="20261120_100000")
    (tmp_path / "logs").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    assert [place.parts for place in recordings.places(tmp_path)] == [("group", "b"), ("a",), ("group", "z")]


def test_a_session_of_which_nothing_but_the_verdict_is_left_is_shown(tmp_path: Path) -> None:
    """A failed audit is told even where no camera left a file, or its report is lost."""
    session(tmp_path, "lost", cameras=(), passed=False, reasons=["no camera answered"])
    found = only(tmp_path)
    assert (found.verdict, found.reasons, found.place.started) == ("failed", ("no camera answered",), "")
    (tmp_path / "lost" / "report.json").unlink()
    assert only(tmp_path).verdict == "failed"


def test_a_camera_that_left_nothing_is_named(tmp_path: Path) -> None:
    """The report knows of it."""
    folder = session(tmp_path, "openfield", passed=False)
    for path in folder.glob("*.cage2.*"):
        path.unlink()
    missing = next(camera for camera in only(tmp_path).cameras if camera.instance == "cage2")
    assert (missing.files, missing.video) == ((), None)


def test_what_was_cut_off_says_so(tmp_path: Path) -> None:
    """A recording whose process was killed, and one that ended by a fault."""
    folder = session(tmp_path, "openfield", passed=None)
    for instance, facts in {"cage1": {"finished": False}, "cage2": {"finished": True, "fault": "disk full"}}.items():
        (folder / f"openfield.{instance}.{STAMP}.rcc.metadata.json").write_text(json.dumps(facts))
    found = only(tmp_path)
    assert [(camera.finished, camera.fault) for camera in found.cameras] == [(False, ""), (True, "disk full")]
    assert (found.verdict, found.seconds, found.frames) == ("none", None, None)


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        ({"passed": True}, "passed"), ({"passed": False}, "failed"), ({"passed": "true"}, "none"), ({}, "none"),
        ([], "none"), ({"passed": True, "cameras": {"a": 1}, "reasons": "x"}, "passed"),
        ({"passed": True, "cameras": [1, {"instance": 5, "frames": -1}, {"instance": "a", "frames": 1e400}]}, "passed"),
    ],
)  # fmt: skip
def test_a_report_that_is_not_as_it_should_be_breaks_nothing(tmp_path: Path, report: Any, verdict: str) -> None:
    """What can be read of it counts."""
    folder = session(tmp_path, "openfield")
    (folder / "report.json").write_text(json.dumps(report))
    assert only(tmp_path).verdict == verdict


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from(["passed", "reasons", "cameras", "instance", "frames", "framerate", "start_delay_ms", "fault"])


@given(st.dictionaries(KEYS, json_values | st.lists(st.dictionaries(KEYS, json_values, max_size=4), max_size=3)))
def test_any_report_and_metadata_are_read(tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]) -> None:
    """Whatever stands in them, there is a session to show, and its texts can be encoded."""
    root = tmp_path_factory.mktemp("any")
    folder = session(root, "openfield", cameras=["cage1"])
    for name in ("report.json", f"openfield.cage1.{STAMP}.rcc.metadata.json"):
        (folder / name).write_text(json.dumps(document))
    found = only(root)
    "".join([*found.reasons, *(camera.fault + camera.instance for camera in found.cameras)]).encode()
    assert found.verdict in {"passed", "failed", "none"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"passed": true'])
def test_a_torn_report_is_none(tmp_path: Path, body: bytes) -> None:
    """As a conductor that was ended leaves it."""
    (session(tmp_path, "openfield") / "report.json").write_bytes(body)
    assert only(tmp_path).verdict == "none"


MADE: dict[str, Callable[[Path, Path], object]] = {
    "link": lambda path, secret: path.symlink_to(secret),
    "pipe": lambda path, _: os.mkfifo(path),
    "folder": lambda path, _: path.mkdir(),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_is_no_file_of_the_session_is_not_opened(tmp_path: Path, kind: str) -> None:
    """Links lead nowhere, and nobody waits for a pipe."""
    secret, root = tmp_path / "secret.mp4", tmp_path / "sessions"
    secret.write_bytes(b"secret")
    folder = session(root, "mice", "openfield")
    MADE[kind](folder / "x.mp4", secret)
    (place,) = recordings.places(root)
    assert "x.mp4" not in place.files
    with pytest.raises(NoSuchSessionError):
        recordings.open_file(root, place, "x.mp4")


def test_a_file_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    """Also where that happens between the look and the opening."""
    secret, root = tmp_path / "secret", tmp_path / "sessions"
    secret.write_bytes(b"secret")
    folder = session(root, "mice", "openfield")
    (place,) = recordings.places(root)
    (folder / "report.svg").unlink()
    (folder / "report.svg").symlink_to(secret)
    with pytest.raises(NoSuchSessionError):
        recordings.open_file(root, place, "report.svg")
    (root / "mice").rename(tmp_path / "away")
    (root / "mice").symlink_to(tmp_path / "away")
    with pytest.raises(NoSuchSessionError):
        recordings.open_file(root, place, "report.json")
    assert recordings.places(root) == []


@pytest.mark.parametrize("name", ["../secret", "..", "", "/etc/passwd", ".hidden", "report.json\0", "no-such"])
def test_no_name_leads_out_of_a_session(tmp_path: Path, name: str) -> None:
    """Only names that the folder has are opened."""
    folder = session(tmp_path, "openfield")
    (folder / ".hidden").write_bytes(b"x")
    (place,) = recordings.places(tmp_path)
    with pytest.raises(NoSuchSessionError):
        recordings.open_file(tmp_path, place, name)


def test_names_that_can_not_be_shown_are_left_out(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, and control characters."""
    folder = session(tmp_path, "openfield")
    for name in (b"\xff.mp4", b"a\nb.mp4"):
        (folder / os.fsdecode(name)).write_bytes(b"x")
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    assert all(name.isprintable() for name in recordings.places(tmp_path)[0].files)


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    """As a disk that is not mounted."""
    for ask in (lambda: recordings.places(tmp_path / "gone"), lambda: recordings.find(tmp_path / "gone", "x")):
        with pytest.raises(NoSuchSessionError, match="No such file"):
            ask()
