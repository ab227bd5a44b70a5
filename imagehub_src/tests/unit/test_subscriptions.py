"""From PUB senders the hub takes the newest image of each camera and all events, and counts what it passes over."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import zmq

from imagehub import subscriptions
from imagehub.metrics import Metrics
from imagehub.subscriptions import Backlog, Subscriptions
from imagehub.testing import FakeClock
from requirements_here import require
from running import until
from sockets import Sockets, has_ipv6

JPEG = b"\xff\xd8 picture"
MAX_BYTES = 1 << 20


def message(text: object, body: bytes = JPEG, **more: Any) -> list[bytes]:
    """Return the frames of a message."""
    return [json.dumps({"msg": text, **more}).encode(), body]


def texts(waiting: list[Any]) -> list[str]:
    """Return the texts of messages."""
    return [json.loads(frames[0])["msg"] for frames in waiting]


@pytest.fixture
def metrics() -> Metrics:
    """What counts the messages that are passed over."""
    clock = FakeClock()
    return Metrics(clock.now, clock.monotonic)


def passed_over(metrics: Metrics) -> dict[str, int]:
    """Return how many messages of each camera were passed over."""
    return {row.camera.name: row.passed_over for row in metrics.rows()}


def test_of_each_camera_the_newest_image_waits(metrics: Metrics) -> None:
    """An older image makes way, whatever its type is called, and is counted for its camera."""
    backlog = Backlog(metrics)
    backlog.put(message("Barn P1|jpg|1"))
    backlog.put(message("Gate|jpg|1"))
    backlog.put(message("Barn P1|JPG|2"))
    backlog.put(message("Barn P1|image|3", b"\0" * 12, dtype="uint8", shape=[2, 2, 3]))
    assert texts(backlog.collect()) == ["Gate|jpg|1", "Barn P1|image|3"]
    assert passed_over(metrics) == {"Barn P1": 2}


def test_every_event_waits(metrics: Metrics) -> None:
    """An event is no older state of the next one: two with the same text happened both, beside the camera's image."""
    backlog = Backlog(metrics)
    for text in ("Barn P1|motion|moving", "Barn P1|jpg|", "Barn P1|motion|moving", "Barn P1|motion|still"):
        backlog.put(message(text))
    assert texts(backlog.collect()) == [
        "Barn P1|motion|moving", "Barn P1|jpg|", "Barn P1|motion|moving", "Barn P1|motion|still",
    ]  # fmt: skip
    assert passed_over(metrics) == {}


def test_what_was_collected_is_gone(metrics: Metrics) -> None:
    """Each message is given out once, and an image that was collected was not passed over."""
    backlog = Backlog(metrics)
    for number in range(3):
        backlog.put(message(f"Barn P1|jpg|{number}"))
        assert texts(backlog.collect()) == [f"Barn P1|jpg|{number}"]
    assert backlog.collect() == []
    assert passed_over(metrics) == {}


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [b""],
        [b"no JSON", JPEG],
        message(["no text"]),
        message("../x|jpg|"),
        message("Barn|jpg|", b"GIF"),
        [b"x"] * 20,
    ],
    ids=["none", "one", "no JSON", "no text", "no name", "no JPEG", "twenty"],
)
def test_of_what_cannot_be_accepted_one_is_enough(metrics: Metrics, frames: list[bytes]) -> None:
    """Of messages that the hub will refuse the newest waits, so that it can say why; good ones are not disturbed."""
    backlog = Backlog(metrics)
    backlog.put(message("Barn P1|jpg|"))
    for _ in range(5):
        backlog.put(frames)
    waiting = backlog.collect()
    assert waiting[1:] == [frames]
    assert texts(waiting[:1]) == ["Barn P1|jpg|"]


def test_of_heartbeats_one_is_enough(metrics: Metrics) -> None:
    """A sign of life of a camera replaces the one before, and is not counted as an image that was passed over."""
    backlog = Backlog(metrics)
    for _ in range(3):
        for text in ("Barn|Heartbeat|", "Gate|Heartbeat|", "a test image"):
            backlog.put(message(text))
    assert len(backlog.collect()) == 3
    assert passed_over(metrics) == {}


def test_no_more_messages_wait_than_may(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds no room is counted; a newer image of a camera that waits still takes its place."""
    monkeypatch.setattr(subscriptions, "MAX_WAITING", 3)
    backlog = Backlog(metrics)
    for text in ("A|jpg|", "B|motion|", "C|jpg|", "D|jpg|", "E|motion|", "A|jpg|newer"):
        backlog.put(message(text))
    assert texts(backlog.collect()) == ["B|motion|", "C|jpg|", "A|jpg|newer"]
    assert passed_over(metrics) == {"A": 1, "D": 1, "E": 1}


def test_no_more_bytes_wait_than_may(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by bytes too, and what was collected or replaced makes room."""
    monkeypatch.setattr(subscriptions, "MAX_WAITING_BYTES", 10_000)
    backlog = Backlog(metrics)
    large = JPEG.ljust(4_000)
    for _ in range(2):
        for text in ("A|jpg|", "B|jpg|", "C|jpg|", "A|jpg|"):
            backlog.put(message(text, large))
        assert texts(backlog.collect()) == ["B|jpg|", "A|jpg|"]
    assert passed_over(metrics) == {"A": 2, "C": 2}
    backlog.put(message("A|jpg|", JPEG))
    backlog.put(message("A|jpg|", JPEG.ljust(10_000)))
    assert backlog.collect() == []


class Bench:
    """Subscriptions to publishers that the test plays."""

    def __init__(self, metrics: Metrics) -> None:
        self.sockets = Sockets()
        self.arrived = threading.Event()
        self.subscriptions = Subscriptions(self.sockets.context, MAX_BYTES, metrics, self.arrived.set)
        self.collected: list[str] = []

    def publisher(self) -> tuple[zmq.Socket[bytes], str]:
        """Return a PUB socket and where it is."""
        return self.sockets.bind(zmq.PUB)

    def hears(self, publisher: zmq.Socket[bytes], text: str) -> bool:
        """Publish a message, and tell whether it was among what has arrived since."""
        publisher.send_multipart(message(text))
        self.collected = texts(self.subscriptions.collect())
        return text in self.collected

    def close(self) -> None:
        """End all."""
        self.subscriptions.close()
        self.sockets.__exit__()


@pytest.fixture
def bench(metrics: Metrics) -> Iterator[Bench]:
    """Subscriptions that have not started."""
    bench = Bench(metrics)
    yield bench
    bench.close()


def test_what_is_published_arrives(bench: Bench) -> None:
    """The images of every publisher can be collected, and the owner is told that there are some."""
    publishers = [bench.publisher() for _ in range(2)]
    bench.subscriptions.start([endpoint for _, endpoint in publishers])
    for number, (publisher, _) in enumerate(publishers):
        until(lambda publisher=publisher, number=number: bench.hears(publisher, f"Barn{number}|jpg|"), "an image")  # type: ignore[misc]
    assert bench.arrived.is_set()


def test_a_publisher_may_come_later(bench: Bench) -> None:
    """A camera that is switched on after the hub is heard all the same."""
    publisher, endpoint = bench.publisher()
    publisher.unbind(endpoint)
    bench.subscriptions.start([endpoint])
    publisher.bind(endpoint)
    until(lambda: bench.hears(publisher, "Barn|jpg|"), "an image")


def test_a_reload_connects_to_new_and_leaves_old_publishers(bench: Bench) -> None:
    """After `connect` exactly the publishers named there are heard."""
    (old, old_endpoint), (kept, kept_endpoint), (new, new_endpoint) = (bench.publisher() for _ in range(3))
    bench.subscriptions.start([old_endpoint, kept_endpoint])
    until(lambda: bench.hears(old, "Old|jpg|"), "the publisher of before")
    bench.subscriptions.connect([kept_endpoint, new_endpoint])
    until(lambda: bench.hears(new, "New|jpg|"), "the new publisher")
    old.send_multipart(message("Old|jpg|"))
    until(lambda: bench.hears(kept, "Kept|jpg|"), "the publisher that stays")
    assert "Old|jpg|" not in bench.collected


def test_an_endpoint_that_cannot_be_is_told_and_ends_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """One bad endpoint keeps the hub from no other, and once it is mended it is connected to."""
    publisher, endpoint = bench.publisher()
    bench.subscriptions.start(["tcp://not an address", endpoint])
    until(lambda: bench.hears(publisher, "Barn|jpg|"), "the other publisher")
    assert [record.message.partition(" to ")[0] for record in caplog.records] == ["hub.subscribe: can't connect"]


def test_an_address_of_ipv6_is_connected_to(bench: Bench) -> None:
    """A publisher at [::1] is heard beside one at 127.0.0.1."""
    publisher, endpoint = bench.publisher()
    require(has_ipv6(), "IPv6 on loopback")
    six, six_endpoint = bench.sockets.bind(zmq.PUB, "[::1]")
    bench.subscriptions.start([six_endpoint, endpoint])
    until(lambda: bench.hears(six, "Six|jpg|"), "the publisher at ::1")
    until(lambda: bench.hears(publisher, "Four|jpg|"), "the publisher at 127.0.0.1")


def test_a_message_of_many_frames_arrives_as_it_is(bench: Bench) -> None:
    """What is no imageZMQ message is handed on too, so that the hub can say what is wrong with it."""
    publisher, endpoint = bench.publisher()
    bench.subscriptions.start([endpoint])

    def arrives() -> bool:
        publisher.send_multipart([b"x"] * 20)
        return [b"x"] * 20 in bench.subscriptions.collect()

    until(arrives, "the message")


def test_closing_ends_the_thread(metrics: Metrics) -> None:
    """Nothing is left of subscriptions that were closed, whether they heard something or not."""
    bench = Bench(metrics)
    bench.subscriptions.start(["tcp://127.0.0.1:9"])
    bench.close()
    assert "subscriptions" not in {thread.name for thread in threading.enumerate()}
