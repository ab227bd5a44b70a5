"""Simulated cameras."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zmq

from imagehub.demo import cameras
from imagehub.demo.cameras import Camera
from imagehub.demo.scene import Scene
from imagehub.errors import ImagehubError
from media import decoded, picture, video

DEADLINE_SECONDS = 30.0


class Busy(Scene):
    """A scene in which something happens all the time."""

    def events(self, since: float, until: float) -> list[str]:
        """One event a call."""
        assert since <= until
        return [f"{self.name}|motion|moving"]


@contextmanager
def stock_hub() -> Iterator[tuple[str, zmq.Socket[bytes]]]:
    """Give an endpoint and the REP socket there."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.linger = 0
        socket.rcvtimeo = int(DEADLINE_SECONDS * 1000)
        socket.bind("tcp://127.0.0.1:*")
        yield socket.get_string(zmq.LAST_ENDPOINT).rstrip("\0"), socket


def test_a_camera_sends_pictures_and_events_and_counts_the_answers() -> None:
    """What the hub answered OK is counted as stored, all else as refused; when told to, the camera stops."""
    stop, texts = threading.Event(), []
    with stock_hub() as (endpoint, socket):
        camera = Camera(Busy(1, "Barn P1"), lambda _: picture(), endpoint, stop)
        camera.start()
        for answer in [b"OK", b"OK", b"OK", b"NOT STORED disk full"]:
            texts.append(json.loads(socket.recv_multipart()[0])["msg"])
            if len(texts) == 4:
                stop.set()
            socket.send(answer)
        camera.join(DEADLINE_SECONDS)
    assert texts == ["Barn P1|jpg", "Barn P1|motion|moving"] * 2
    assert (camera.images, camera.bytes) == (2, 2 * len(picture()))
    assert (camera.events, camera.refused) == (1, 1)
    assert not camera.is_alive()


def test_a_video_is_shown_over_and_over(tmp_path: Path) -> None:
    """After its last picture comes the first one again."""
    frames = cameras.video_frames(video(tmp_path / "walk.avi", frames=3))
    levels = [round(decoded(frames(0.0)).mean()) for _ in range(6)]
    assert levels[:3] == levels[3:] == sorted(levels[:3])


def test_a_folder_is_shown_by_name_over_and_over(tmp_path: Path) -> None:
    """All its JPEGs are sent as they are; other files are left out."""
    pictures = {name: picture(level) for name, level in (("a.jpg", 30), ("b.jpeg", 60))}
    for name, jpeg in pictures.items():
        (tmp_path / name).write_bytes(jpeg)
    (tmp_path / "a.txt").write_text("no picture")
    frames = cameras.folder_frames(tmp_path)
    assert [frames(0.0) for _ in range(4)] == [*pictures.values()] * 2


def test_pictures_that_are_not_there_are_an_error_at_once(tmp_path: Path) -> None:
    """Nothing starts with a camera that would have nothing to show."""
    with pytest.raises(ImagehubError, match="no folder with JPEGs in it"):
        cameras.folder_frames(tmp_path)
    with pytest.raises(ImagehubError, match="no such file"):
        cameras.video_frames(tmp_path / "gone.avi")


def test_the_clock_of_the_cameras_is_that_of_the_wall() -> None:
    """The time drawn into the pictures is the one that people here read elsewhere."""
    shown = datetime.fromtimestamp(cameras.local_seconds(), UTC)
    here = datetime.now().astimezone()
    assert abs((shown.replace(tzinfo=None) - here.replace(tzinfo=None)).total_seconds()) < 60
