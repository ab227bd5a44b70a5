"""The page of recording sessions: who may look, what is told, and files in the parts that players ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from session_folders import VIDEO, session
from sites import SESSIONS, Site, serving, three_cameras
from visitors import Visitor, visitor


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a librarian with sessions, an administrator, a viewer of everything, and one of one camera."""
    folder = tmp_path_factory.mktemp("site")
    three_cameras(folder / "hub")
    with serving(folder / "librarian", folder / "hub", taken=68) as made:
        made.make_user("admin")
        made.make_user("ada", "viewer")
        made.make_user("ben", "viewer", "Yard")
        yield made


@pytest.fixture
def ada(site: Site) -> Iterator[Visitor]:
    """Give the viewer of everything."""
    with visitor(site, "ada") as made:
        yield made


def address(site: Site, *rest: str) -> str:
    """Return the address of the newest session, or of something below it."""
    return "/".join([f"/sessions/{site.session().key}", *rest])


def video(site: Site) -> str:
    """Return the address of its first video."""
    return address(site, "files", next(name for name in site.session().files if name.endswith(".mp4")))


def test_sessions_are_listed_newest_first_with_their_verdicts(site: Site, ada: Visitor) -> None:
    """Cameras, length, frames; a failure is a word."""
    text = ada.get("/sessions").text
    assert text.index(" openfield</a>") < text.index(" openfield-before</a>")
    assert "cage1, cage2" in text
    assert "10.0 s" in text
    assert text.count("FAILED") == 1
    assert 'aria-current="page">Sessions' in text


def test_a_failed_session_says_so_loudly(site: Site, ada: Visitor) -> None:
    """With its reasons, above everything else; one that passed has no such banner."""
    listed = ada.get("/sessions").text
    before = listed.split("openfield-before")[0].rpartition('href="')[2].partition('"')[0]
    text = ada.get(before).text
    assert text.index("AUDIT FAILED") < text.index("cage2: 3 dropped frames") < text.index("<video")
    passed = ada.get(address(site)).text
    assert "AUDIT FAILED" not in passed
    assert passed.count("<video") == 2
    assert 'data-delay="0.005"' in passed
    assert "report.svg" in passed


@pytest.mark.parametrize("rest", ["", "/files/report.json"])
def test_who_may_see_chosen_cameras_only_sees_no_session(site: Site, rest: str) -> None:
    """Sessions have cameras of their own, so they are for those who may see everything; nobody else is told of any."""
    with visitor(site, "ben") as ben:
        assert ben.get(f"{address(site)}{rest}").status_code == 403
        refused = ben.get("/sessions")
        assert refused.status_code == 403
        assert "openfield" not in refused.text
        assert 'href="/sessions"' not in ben.get("/").text


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=0-99", 206, VIDEO[:100], f"bytes 0-99/{len(VIDEO)}"),
        ("bytes=10000-", 206, VIDEO[10000:], f"bytes 10000-{len(VIDEO) - 1}/{len(VIDEO)}"),
        ("bytes=-5", 206, VIDEO[-5:], f"bytes {len(VIDEO) - 5}-{len(VIDEO) - 1}/{len(VIDEO)}"),
        ("bytes=0-999999999", 200, VIDEO, None),
        ("bytes=5-4", 416, None, f"bytes */{len(VIDEO)}"),
        ("bytes=999999999-", 416, None, f"bytes */{len(VIDEO)}"),
        ("lines=1-2", 200, VIDEO, None),
    ],
)
def test_a_player_gets_the_part_that_it_asks_for(
    site: Site, ada: Visitor, asked: str, status: int, body: bytes | None, content_range: str | None
) -> None:
    """By one range, as browsers ask for it; what is none is answered with all."""
    answer = ada.get(video(site), headers={"Range": asked})
    assert answer.status_code == status
    assert answer.headers.get("Content-Range") == content_range
    if body is not None:
        assert answer.content == body
        assert (answer.headers["Content-Type"], answer.headers["Accept-Ranges"]) == ("video/mp4", "bytes")


def test_a_file_that_did_not_change_is_not_sent_again(site: Site, ada: Visitor) -> None:
    """A range goes on only in the same file."""
    first = ada.get(video(site))
    etag = first.headers["ETag"]
    assert ada.get(video(site), headers={"If-None-Match": etag}).status_code == 304
    assert ada.get(video(site), headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200
    assert ada.get(video(site), headers={"Range": "bytes=0-9", "If-Range": etag}).status_code == 206


def test_what_somebody_put_there_is_never_a_page_of_ours(site: Site, ada: Visitor) -> None:
    """HTML is a download of unknown kind; a plot runs no script, wherever it is opened."""
    folder = site.hub.parent / SESSIONS / "mice" / "openfield"
    (folder / "evil.html").write_text("<script>alert(1)</script>")
    answer = ada.get(address(site, "files", "evil.html"))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    plot = ada.get(address(site, "files", "report.svg"))
    assert plot.headers["Content-Type"] == "image/svg+xml"
    assert plot.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    report = ada.get(address(site, "files", "report.json"))
    assert report.headers["Content-Disposition"] == "attachment; filename*=UTF-8''report.json"
    (folder / "evil.html").unlink()


def test_names_with_markup_are_text(site: Site, ada: Visitor) -> None:
    """A folder, a file or a reason may be called anything that a disk takes."""
    root = site.hub.parent / SESSIONS
    session(root, "<b>x", '"><img src=x>', stamp="20261101_000000", passed=False, reasons=["<script>alert(1)</script>"])
    text = ada.get("/sessions").text
    assert "<img src=x>" not in text
    link = text.split("&lt;b&gt;x")[0].rpartition('href="')[2].partition('"')[0]
    page = ada.get(link).text
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    name = page.split("/files/")[1].partition('"')[0]
    assert ada.get(f"{link}/files/{name}").status_code == 200


def test_more_than_a_page_of_sessions_is_leafed_through(site: Site, ada: Visitor) -> None:
    """Twenty-five on each; a page beyond the last says that there is no more."""
    root = site.hub.parent / SESSIONS
    for number in range(26):
        session(root, "old", f"run-{number:02}", cameras=["a"], stamp=f"202501{number + 1:02}_000000", passed=None)
    assert 'rel="next" href="/sessions?page=2"' in ada.get("/sessions").text
    assert "run-00" in ada.get("/sessions?page=2").text
    assert "No more sessions" in ada.get("/sessions?page=9").text


def test_without_the_setting_the_page_says_how_to_set_it(tmp_path: Path) -> None:
    """And a folder that is not there is named, as when its disk is not mounted."""
    three_cameras(tmp_path / "hub")
    (tmp_path / SESSIONS).rename(tmp_path / "away")
    with serving(tmp_path / "librarian", tmp_path / "hub") as site:
        site.make_user("ada", "viewer")
        with visitor(site, "ada") as ada:
            text = ada.get("/sessions").text
            assert "sessions_directory" in text
            assert ada.get("/sessions/0123456789abcdef01234567").status_code == 404
    elsewhere = {"sessions_directory": str(tmp_path / "gone")}
    with serving(tmp_path / "other", tmp_path / "hub", librarian=elsewhere) as site:
        site.make_user("ada", "viewer")
        with visitor(site, "ada") as ada:
            answer = ada.get("/sessions")
            assert (answer.status_code, str(tmp_path / "gone") in answer.text) == (200, True)
