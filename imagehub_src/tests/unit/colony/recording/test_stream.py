"""The preview over HTTP."""

import http.client
import itertools
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.stream import MjpegServer
from imagehub.node.cameras import painted
from imagehub.node.cameras.camera import Frame
from media import decoded
from recordings import frame


class Camera:
    """Has a new frame each time that one is asked for, until it is held."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.there = True
        self.asked = 0

    def newest(self) -> Frame | None:
        """Return the newest frame."""
        self.asked = next(self._numbers)
        return frame(self.asked, 0) if self.there else None


@pytest.fixture
def camera() -> Camera:
    """Give a camera."""
    return Camera()


@pytest.fixture
def server(camera: Camera) -> Iterator[MjpegServer]:
    """Give a server at a free port."""
    made = MjpegServer(0, camera.newest, rate=200)
    made.start()
    yield made
    made.close()


def ask(server: MjpegServer, path: str) -> http.client.HTTPResponse:
    """Return the answer to a GET."""
    answer: http.client.HTTPResponse = urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10)
    return answer


def pictures(answer: http.client.HTTPResponse, count: int) -> list[int]:
    """Return the painted numbers of so many pictures of a stream."""
    found = []
    for _ in range(count):
        assert answer.readline() == b"--picture\r\n"
        length = int([answer.readline(), answer.readline(), answer.readline()][1].split(b":")[1])
        told = painted.read_strip(decoded(answer.read(length)))
        assert told is not None
        found.append(told[0])
        assert answer.readline() == b"\r\n"
    return found


def test_the_page_shows_the_moving_picture(server: MjpegServer) -> None:
    """Nothing but the browser is needed."""
    with ask(server, "/") as answer:
        assert answer.headers.get_content_type() == "text/html"
        assert b'<img src="/stream.mjpg"' in answer.read()


def test_the_newest_picture_can_be_fetched_by_itself(server: MjpegServer) -> None:
    """Each request gets a newer one."""
    seen = []
    for _ in range(2):
        with ask(server, "/latest.jpg") as answer:
            assert answer.headers.get_content_type() == "image/jpeg"
            told = painted.read_strip(decoded(answer.read()))
            assert told is not None
            seen.append(told[0])
    assert seen[0] < seen[1]


def test_several_viewers_see_the_stream_at_once(server: MjpegServer) -> None:
    """Pictures follow in their order, with a boundary as browsers want it."""
    with ask(server, "/stream.mjpg") as one, ask(server, "/stream.mjpg") as other:
        assert one.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=picture"
        for answer in (one, other):
            seen = pictures(answer, 4)
            assert seen == sorted(set(seen))


def test_a_viewer_that_does_not_read_sees_the_newest_afterwards_and_holds_up_nobody(
    server: MjpegServer, camera: Camera
) -> None:
    """What fits into its connection is old; what comes then is new."""
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(b"GET /stream.mjpg HTTP/1.0\r\n\r\n")
        with ask(server, "/stream.mjpg") as quick:
            pictures(quick, 60)
            asked = camera.asked
        answer = http.client.HTTPResponse(slow)
        answer.begin()
        seen = pictures(answer, 60)
        assert seen[-1] > asked
        assert max(later - earlier for earlier, later in itertools.pairwise(seen)) > 20


def test_without_a_picture_it_says_so(server: MjpegServer, camera: Camera) -> None:
    """And what is not there is not found."""
    camera.there = False
    for path, code in (("/latest.jpg", 503), ("/../etc/passwd", 404)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(server, path)
        assert refused.value.code == code
        refused.value.close()


def test_a_port_that_is_taken_is_told(server: MjpegServer, camera: Camera) -> None:
    """With the address that was tried."""
    with pytest.raises(
        RecordingError, match=f"can't serve the preview at 127.0.0.1:{server.port}: Address already in use"
    ):
        MjpegServer(server.port, camera.newest).start()


def test_closing_ends_the_streams(camera: Camera) -> None:
    """A viewer sees the end instead of a picture that stands still."""
    server = MjpegServer(0, camera.newest, rate=200)
    server.start()
    with ask(server, "/stream.mjpg") as answer:
        pictures(answer, 1)
        server.close()
        answer.read()
