"""Cameras in the network, on real servers: frames come, losses are seen, and frames come again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagehub.node.cameras import painted
from imagehub.node.cameras.camera import Camera, CameraError, CameraLostError, Frame, Mode
from imagehub.node.cameras.opening import camera
from imagehub.node.cameras.sharing import Backoff, SharedCamera
from network_cameras import HttpCamera, RtspCamera, require_rtsp
from running import free_port, until

MODE = Mode((320, 240), 20)


@pytest.fixture
def rtsp(tmp_path: Path) -> Iterator[RtspCamera]:
    """Yield an RTSP camera that is on."""
    require_rtsp()
    camera = RtspCamera(tmp_path, free_port())
    camera.start()
    yield camera
    camera.pull_the_plug()


@pytest.fixture
def http() -> Iterator[HttpCamera]:
    """Yield an HTTP camera that is on."""
    camera = HttpCamera()
    yield camera
    camera.pull_the_plug()


def shown(source: Camera, count: int) -> list[tuple[int, int]]:
    """Return the numbers of so many frames, and those that are painted in them."""
    frames: list[Frame] = [until(lambda: source.read(1), "a frame") for _ in range(count)]
    assert all(0 <= time.time_ns() - frame.wall_ns < 20_000_000_000 for frame in frames)
    strips = [painted.read_strip(frame.pixels) for frame in frames]
    return [(frame.number, strip[0]) for frame, strip in zip(frames, strips, strict=True) if strip]


def assert_in_step(numbers: list[tuple[int, int]], count: int) -> None:
    """Check that no frame is unreadable, and that gaps in the numbers are gaps in what was painted."""
    first_number, first_painted = numbers[0]
    assert len(numbers) == count
    assert all(number - first_number == seen - first_painted for number, seen in numbers)
    assert [number for number, _ in numbers] == sorted({number for number, _ in numbers})


def lost(source: Camera) -> CameraLostError:
    """Return the loss that reading ends with."""
    with pytest.raises(CameraLostError) as loss:
        until(lambda: source.read(0.5) and None, "the loss")
    return loss.value


def test_an_rtsp_camera_shows_its_frames_in_order(rtsp: RtspCamera) -> None:
    """H.264 over TCP; what came at once while it was opened is a gap."""
    source = camera(rtsp.address)
    source.open(MODE)
    assert_in_step(shown(source, 30), 30)
    source.close()


def test_a_wrong_password_is_refused_and_not_shown(rtsp: RtspCamera) -> None:
    """The text says what to look at."""
    with pytest.raises(CameraError, match="are address, user and password right") as refused:
        camera(rtsp.address.replace("secret", "guessed")).open(MODE)
    assert "guessed" not in str(refused.value)


def test_an_rtsp_camera_that_goes_away_is_lost_and_can_be_opened_again(rtsp: RtspCamera) -> None:
    """While it is away it can't be."""
    source = camera(rtsp.address)
    source.open(MODE)
    shown(source, 3)
    rtsp.pull_the_plug()
    assert "is gone" in str(lost(source))
    source.close()
    with pytest.raises(CameraError, match="can't be opened"):
        source.open(MODE)
    rtsp.start()
    source.open(MODE)
    assert len(shown(source, 3)) == 3
    source.close()


def test_an_rtsp_camera_that_hangs_is_lost_soon(rtsp: RtspCamera) -> None:
    """Its connection stays open, and says nothing."""
    source = camera(rtsp.address)
    source.open(MODE)
    shown(source, 3)
    rtsp.hang()
    began = time.monotonic()
    lost(source)
    assert time.monotonic() - began < 10
    source.close()


def test_a_shared_rtsp_camera_comes_back_by_itself(rtsp: RtspCamera) -> None:
    """Its readers just get no frames for a while."""
    told: list[str] = []
    shared = SharedCamera(camera(rtsp.address), MODE, told.append, backoff=Backoff(0.1, 0.5))
    reader = shared.subscribe(every=True)
    shared.start()
    until(lambda: reader.next(1), "a frame")
    rtsp.pull_the_plug()
    until(lambda: told == ["camera|lost"], "the loss")
    rtsp.start()
    until(lambda: told == ["camera|lost", "camera|back"], "the camera back")
    until(lambda: reader.next(1), "a frame")
    shared.close()


def test_an_http_camera_shows_its_frames_in_order_and_is_lost_when_it_goes(http: HttpCamera) -> None:
    """JPEGs one after the other, as ESP32 and MJPEG cameras send them."""
    source = camera(http.address)
    source.open(MODE)
    assert_in_step(shown(source, 10), 10)
    http.pull_the_plug()
    lost(source)
    source.close()
