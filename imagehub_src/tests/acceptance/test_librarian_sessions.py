"""The videos of a session play as one."""

import io
from collections.abc import Iterator

import av
import numpy
import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import opened, sign_in
from running import until
from session_folders import session
from sites import SESSIONS, Site, serving, three_cameras

TIMES = "[...document.querySelectorAll('video')].map(video => video.currentTime)"
READY = "[...document.querySelectorAll('video')].every(video => video.readyState > 1)"
PAUSED = "[...document.querySelectorAll('video')].map(video => video.paused)"


def film(seconds: int = 4) -> bytes:
    """Return a video that every browser plays: VP8, as browsers without patents have it; they look into the file."""
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(seconds * 10):
            pixels = numpy.full((48, 64, 3), number * 6 % 255, dtype=numpy.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a librarian with a session of three cameras, the newest that there is."""
    folder = tmp_path_factory.mktemp("recorded")
    three_cameras(folder / "hub")
    session(folder / SESSIONS, "film", cameras=["a", "b", "c"], stamp="20261201_000000", video=film())
    with serving(folder / "librarian", folder / "hub") as made:
        made.make_user("admin")
        yield made


@pytest.fixture
def shown(recorded: Site, browser: Browser) -> Iterator[Page]:
    """Give the page of that session, with all videos ready."""
    with opened(browser, recorded) as page:
        sign_in(page, "admin")
        page.goto("/sessions")
        page.get_by_role("link", name="film").click()
        expect(page.locator("video")).to_have_count(3)
        until(lambda: page.evaluate(READY), "the videos to be ready")
        yield page


def test_one_button_plays_and_pauses_all(shown: Page) -> None:
    """They go on together, and stand still at the same place."""
    shown.get_by_role("button", name="Play all").click()
    until(lambda: min(shown.evaluate(TIMES)) > 0.5, "all videos to play")
    shown.get_by_role("button", name="Pause all").click()
    assert shown.evaluate(PAUSED) == [True] * 3
    times = shown.evaluate(TIMES)
    # The cameras of this session began 5 ms one after the other.
    assert [round(times[0] - time, 3) for time in times] == [0.0, 0.005, 0.01]
    assert float(shown.locator("#position").input_value()) > 0.5


def test_the_slider_moves_all(shown: Page) -> None:
    """To the same moment, each by its own clock; at the end they stop, and begin anew."""
    shown.locator("#position").fill("3.5")
    until(lambda: all(3.4 < time < 3.6 for time in shown.evaluate(TIMES)), "all videos to be there")
    shown.get_by_role("button", name="Play all").click()
    expect(shown.get_by_role("button", name="Play all")).to_be_visible(timeout=20_000)
    shown.get_by_role("button", name="Play all").click()
    until(lambda: all(0 < time < 3 for time in shown.evaluate(TIMES)), "all videos to begin anew")


def test_a_picture_of_a_failure_is_above_the_videos(shown: Page, recorded: Site) -> None:
    """The banner has the word in it, and is the first thing below the title."""
    shown.goto("/sessions")
    shown.get_by_role("link", name="openfield-before").click()
    banner = shown.get_by_role("alert", name="Audit failed")
    expect(banner).to_contain_text("AUDIT FAILED")
    expect(banner).to_contain_text("cage2: 3 dropped frames")
    below = shown.locator("#videos").bounding_box()
    above = banner.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
