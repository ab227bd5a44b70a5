"""Live sessions with the imagezmq package, as sender, subscriber and publisher."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import imagezmq
import numpy
import pytest

from running import JPEG, Node, free_port, running_hub, until

TINY = numpy.zeros((3, 3), dtype="uint8")


def encode(image: numpy.ndarray) -> bytes:
    """Return an array as JPEG."""
    done, jpeg = cv2.imencode(".jpg", image)
    assert done
    return jpeg.tobytes()


@pytest.fixture
def picture() -> numpy.ndarray:
    """A picture with something on it."""
    image = numpy.full((120, 160, 3), 90, dtype="uint8")
    cv2.circle(image, (80, 60), 30, (0, 0, 255), -1)
    return image


def test_jpegs_are_stored_as_they_are(tmp_path: Path, picture: numpy.ndarray) -> None:
    """`send_jpg` from a stock sender lands byte for byte under the name that the seed gives it."""
    jpeg = encode(picture)
    with running_hub(tmp_path) as hub, imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
        assert sender.send_jpg("JeffOffice Window|jpg|", jpeg) == b"OK"
        (path,) = hub.images()
        assert path.read_bytes() == jpeg
        day = path.parent.name
        assert path.name.startswith(f"JeffOffice-Window-{day}T")
        assert path.suffix == ".jpg"
        (entry,) = hub.journal()
        assert entry["path"] == path.relative_to(hub.data).as_posix()
        assert (entry["node"], entry["view"], entry["bytes"]) == ("JeffOffice", "Window", len(jpeg))


@pytest.mark.parametrize("colour", [True, False], ids=["BGR", "grey"])
def test_raw_arrays_are_stored_as_jpeg(tmp_path: Path, picture: numpy.ndarray, colour: bool) -> None:
    """`send_image` from a stock sender, even of a slice, is stored as a JPEG that shows the same."""
    wide = numpy.hstack([picture, picture])[:, :160] if colour else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    with running_hub(tmp_path) as hub, imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
        assert sender.send_image("Barn P1|image|", wide) == b"OK"
        (path,) = hub.images()
    seen = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    assert seen.shape == wide.shape
    assert abs(seen.astype(int) - wide.astype(int)).mean() < 2


def test_events_with_the_tiny_image_are_logged(tmp_path: Path) -> None:
    """An event comes with a tiny black image, raw or JPEG; its text is a line of the log, and no file is made."""
    with running_hub(tmp_path) as hub, imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
        assert sender.send_image("Barn|motion|moving", TINY) == b"OK"
        assert sender.send_jpg("Barn|Temp|68 F", encode(TINY)) == b"OK"
        assert sender.send_jpg("Barn|Heartbeat|", encode(TINY)) == b"OK"
        assert sender.send_jpg("a test image", encode(TINY)) == b"OK"
        lines = (hub.data / "logs" / "imagehub.log").read_text().splitlines()
        assert [line.split(" ~ ")[1] for line in lines] == ["Barn|motion|moving", "Barn|Temp|68 F"]
        assert hub.images() == []
        assert [node["node"] for node in hub.status()["nodes"]] == ["Barn"]


def test_viewers_see_what_is_stored(tmp_path: Path, picture: numpy.ndarray) -> None:
    """Any number of stock viewers watch the publish port, without a node sending twice."""
    port = free_port()
    with running_hub(tmp_path, publish_port=port) as hub:
        viewers = [imagezmq.ImageHub(f"tcp://127.0.0.1:{port}", REQ_REP=False) for _ in range(2)]
        seen: list[tuple[int, str, bytes]] = []
        for number, viewer in enumerate(viewers):
            watch = threading.Thread(target=_view, args=(number, viewer, seen), daemon=True)
            watch.start()
        with imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
            jpeg = encode(picture)

            def shown() -> bool:
                sender.send_jpg("Barn P1|jpg|", jpeg)
                sender.send_image("Barn|motion|moving", TINY)
                return {number for number, text, _ in seen if "moving" in text} == {0, 1}

            until(shown, "both viewers to see the event")
    assert {body for _, text, body in seen if "jpg" in text} == {jpeg}


def _view(number: int, viewer: imagezmq.ImageHub, seen: list[tuple[int, str, bytes]]) -> None:
    while True:
        text, body = viewer.recv_jpg()
        seen.append((number, text, bytes(body)))
        if "moving" in text:
            viewer.close()
            return


@pytest.fixture
def publisher() -> Iterator[tuple[imagezmq.ImageSender, str]]:
    """A stock sender in PUB mode, and where it publishes."""
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    with imagezmq.ImageSender(connect_to=endpoint, REQ_REP=False) as sender:
        yield sender, endpoint


def test_published_images_are_fetched(
    tmp_path: Path, picture: numpy.ndarray, publisher: tuple[imagezmq.ImageSender, str]
) -> None:
    """`subscribe` connects to stock PUB senders; what they publish is stored, raw arrays too."""
    sender, endpoint = publisher
    with running_hub(tmp_path, subscribe=[endpoint]) as hub:

        def stored() -> bool:
            sender.send_jpg("Gate P1|jpg|", encode(picture))
            sender.send_image("Gate P2|image|", picture)
            sender.send_jpg("Gate|light|dark", encode(TINY))
            return {entry["text"] for entry in hub.journal()} == {
                "Gate P1|jpg|",
                "Gate P2|image|",
                "Gate|light|dark",
            }

        until(stored, "all three kinds in the journal")


def test_a_publisher_that_is_too_fast_grows_no_memory(
    tmp_path: Path, publisher: tuple[imagezmq.ImageSender, str]
) -> None:
    """Published images that the disk can't take at once make way for newer ones and are counted."""
    sender, endpoint = publisher
    body = JPEG + os.urandom(300_000)
    with running_hub(tmp_path, subscribe=[endpoint]) as hub:

        def passed_over() -> bool:
            for _ in range(200):
                sender.send_jpg("Gate P1|jpg|", body)
            nodes = hub.status()["nodes"]
            return bool(nodes) and nodes[0]["passed_over"] > 0

        until(passed_over, "images that are passed over", 60)
        assert resident_bytes(hub.status()["pid"]) < 150e6
        with Node(hub.endpoint) as node:
            assert node.send("Barn P1|jpg|") == "OK"


def resident_bytes(process: int) -> int:
    """Return the memory that a process has touched, the shared region left out."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no memory of process {process}")


@pytest.mark.timeout(180)
def test_thirty_thousand_images_through_one_sender_leave_memory_flat(tmp_path: Path) -> None:
    """30,000 images from one stock sender: both processes' memory stays where it was after the first thousands."""
    jpeg = JPEG.ljust(2000, b"\0")
    with running_hub(tmp_path, durability="written") as hub:
        assert hub.process is not None
        processes = (hub.process.pid, int(hub.status()["pid"]))
        with imagezmq.ImageSender(connect_to=hub.endpoint) as sender:
            for _ in range(15_000):
                sender.send_jpg("Barn P1|jpg|", jpeg)
            before = [resident_bytes(process) for process in processes]
            for _ in range(15_000):
                sender.send_jpg("Barn P1|jpg|", jpeg)
        after = [resident_bytes(process) for process in processes]
        assert hub.status()["today"]["images"] == 30_000
    assert all(late - early < 2e6 for early, late in zip(before, after, strict=True)), (before, after)
