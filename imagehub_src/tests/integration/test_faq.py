"""A test stands behind each answer of docs/guide/faq.md."""

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TypeVar

import cv2
import imagezmq
import numpy as np
import pytest

from imagehub.node.delivery.publishing import Publisher
from imagehub.viewing import NewestImages
from ledger import Ledger
from media import picture
from peers import Peer
from running import RunningHub, free_port, running_hub, until
from running_nodes import SCENE, StockHub, running_node

PAGE = Path(__file__).parents[3] / "docs" / "guide" / "faq.md"

ANSWERED: list[str] = []
Test = TypeVar("Test", bound=Callable[..., None])


def answers(question: str) -> Callable[[Test], Test]:
    """Mark a test as what stands behind the answer to a question of the page."""

    def mark(test: Test) -> Test:
        ANSWERED.append(question)
        return test

    return mark


def test_each_question_has_its_test() -> None:
    """And there is no test for a question that is not on the page."""
    questions = re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)
    assert questions == ANSWERED


def all_to(receiver: imagezmq.ImageHub, count_wanted: int) -> list[str]:
    """Return the texts that a stock viewer sees, as many as wanted, each within 20 s."""
    seen: list[str] = []

    def view() -> None:
        while len(seen) < count_wanted and receiver.zmq_socket.poll(20_000):
            seen.append(receiver.recv_jpg()[0])

    watching = threading.Thread(target=view, daemon=True)
    watching.start()
    watching.join(30)
    return seen


@answers("Does it work with Windows?")
def test_the_hub_runs_in_one_process_as_on_windows(tmp_path: Path) -> None:
    """A stock sender is answered, and its image is stored."""
    hub = RunningHub(tmp_path)
    hub.start("--together")
    try:
        with imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
            assert sender.send_jpg("Barn P1|jpg", picture()) == b"OK"
        assert [path.read_bytes() for path in hub.images()] == [picture()]
    finally:
        hub.stop()


@answers("Is it possible to send images to several receivers?")
def test_viewers_of_hub_and_node_see_what_is_sent_once(tmp_path: Path) -> None:
    """Two stock subscribers, one at the hub and one at the node, while the node sends each image once."""
    at_hub, at_node = free_port(), free_port()
    cameras = {"W1": SCENE | {"send_frames": "continuous"}}
    with (
        running_hub(tmp_path / "hub", publish_port=at_hub) as hub,
        running_node(tmp_path / "node", hub.endpoint, node={"publish_port": at_node}, cameras=cameras),
        imagezmq.ImageHub(f"tcp://127.0.0.1:{at_hub}", REQ_REP=False) as first,
        imagezmq.ImageHub(f"tcp://127.0.0.1:{at_node}", REQ_REP=False) as second,
    ):
        # The hub publishes events too.
        assert "Barn Yard|jpg" in all_to(first, 5)
        assert all_to(second, 3) == ["Barn Yard|jpg"] * 3
        images = [entry["request"] for entry in hub.journal() if entry["kind"] == "image"]
    assert len(set(images)) == len(images)


def size_of_a_later_image(hub: Peer) -> int:
    """Return the bytes of the fifteenth image or a later one."""

    def sizes() -> list[int]:
        return [len(heard.body) for heard in hub.heard if len(heard.body) > 1000]

    until(lambda: len(sizes()) >= 15, "15 images")
    return sizes()[-1]


@answers("Why am I getting a slow frame rate?")
def test_jpeg_and_a_set_bandwidth_make_images_smaller(tmp_path: Path) -> None:
    """A raw picture has many times the bytes; with a bandwidth the images get smaller until they fit."""
    noise = {"W1": SCENE | {"send_frames": "continuous", "resolution": "(640, 480)", "framerate": 5}}
    raw = {"W1": noise["W1"] | {"send_type": "image"}}
    sizes: dict[str, int] = {}
    for name, cameras, node in (
        ("raw", raw, {}),
        ("jpg", noise, {}),
        ("squeezed", noise, {"bandwidth_bytes": 20_000}),
    ):
        with Peer() as hub, running_node(tmp_path / name, hub.endpoint, cameras=cameras, node=node):
            sizes[name] = size_of_a_later_image(hub)
    assert sizes["raw"] == 640 * 480 * 3
    assert sizes["jpg"] * 5 < sizes["raw"]
    assert sizes["squeezed"] < 0.6 * sizes["jpg"]


@answers("Is it possible to send images from two cameras on one Raspberry Pi?")
def test_one_node_sends_the_images_of_two_cameras(tmp_path: Path) -> None:
    """Each under its own name, and one that fails does not hold up the other."""
    cameras = {
        "W1": SCENE | {"viewname": "Door", "send_frames": "continuous"},
        "W2": SCENE | {"viewname": "Yard", "send_frames": "continuous", "src": "synthetic:seed=2,fail_after=3"},
    }
    with StockHub(free_port()) as hub, running_node(tmp_path, hub.endpoint, cameras=cameras):
        hub.gets("Barn Yard|jpg")
        hub.gets("Barn Yard|camera|lost")
        seen = hub.texts().count("Barn Door|jpg")
        hub.gets("Barn Door|jpg", seen + 5)


@answers("What should be done when a sender hangs?")
def test_a_node_goes_on_when_its_hub_falls_silent(tmp_path: Path) -> None:
    """It turns to the next one after its patience; the hub that was silent gets what comes after its return."""
    cameras = {"W1": SCENE | {"send_frames": "continuous", "framerate": 4}}
    silent = threading.Event()
    with (
        Peer(lambda _: None if silent.is_set() else b"OK") as first,
        Peer() as second,
        running_node(tmp_path, first.endpoint, second.endpoint, cameras=cameras),
    ):
        until(lambda: len(first.heard) > 3, "images at the first hub")
        silent.set()
        until(lambda: len(second.heard) > 3, "images at the second hub")
        lost = set(first.ids()) - set(second.ids())
        answered = first.ids()[:3]
        assert set(answered) <= lost
        assert second.ids()[0] in first.ids(), "what the first hub did not answer comes first"


@answers("Why does a sender need to restart when the hub restarts?")
def test_stock_senders_go_on_when_the_hub_restarts(tmp_path: Path) -> None:
    """By SIGTERM and by SIGKILL of what stores: none hangs."""
    with running_hub(tmp_path) as hub:
        ledger = Ledger(hub.endpoint, 8, 20.0)
        ledger.start()
        for number in (signal.SIGTERM, signal.SIGKILL):
            ledger.wait_for(8)
            hub.wait_replaced(hub.kill_store(number))
        ledger.wait_for(8)
        assert ledger.finish() == 0


@pytest.fixture
def camera() -> Iterator[Callable[[], int]]:
    """Give a camera that publishes a numbered picture at each call, and returns its number."""
    with closing(Publisher(0, "127.0.0.1")) as publisher:
        numbers = count(1)

        def publish() -> int:
            number = next(numbers)
            publisher.publish(f"Barn P1|jpg|{number}", picture(number % 256))
            return number

        publish.port = publisher.port  # type: ignore[attr-defined]
        yield publish


@answers("How can I fix the slow subscriber of PUB/SUB?")
def test_a_slow_viewer_sees_the_newest_picture(camera: Callable[[], int]) -> None:
    """After a long look it gets one of the last pictures; a stock subscriber gets the next of a long queue."""
    endpoint = f"tcp://127.0.0.1:{camera.port}"  # type: ignore[attr-defined]
    with NewestImages(endpoint) as ours, imagezmq.ImageHub(endpoint, REQ_REP=False) as stock:
        until(lambda: camera() and ours.next_within(0.05), "the first picture")
        until(lambda: camera() and stock.zmq_socket.poll(50), "the stock subscriber's first")
        first = int(all_to(stock, 1)[0].rpartition("|")[2])
        for _ in range(200):
            last = camera()
            threading.Event().wait(0.003)  # as a camera paces its pictures

        def newest() -> bool:
            seen = ours.next_within(1)
            return seen is not None and int(seen.text.rpartition("|")[2]) == last

        until(newest, "the newest picture", 5)
        assert int(all_to(stock, 1)[0].rpartition("|")[2]) < last - 50
        assert first < last


@answers("How does this differ from imageZMQ, imagenode and imagehub as they are known?")
def test_stock_senders_and_hubs_work_with_it_unchanged(tmp_path: Path) -> None:
    """A stock sender's raw picture is stored by our hub before the `OK`; our node's pictures reach a stock hub."""
    pixels = np.full((120, 160, 3), 77, np.uint8)
    with running_hub(tmp_path / "hub") as hub, imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
        assert sender.send_image("Barn P1|image", pixels) == b"OK"
        (stored,) = hub.images()
    decoded = cv2.imdecode(np.frombuffer(stored.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert abs(decoded.astype(int) - 77).max() < 5
    with StockHub(free_port()) as stock, running_node(tmp_path / "node", stock.endpoint):
        stock.gets("Barn Yard|motion|moving")
        stock.gets("Barn Yard|jpg", 3)
