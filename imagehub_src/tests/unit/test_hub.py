"""Receive, parse, store, reply: with a store in memory and a clock that stands."""

import errno
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from imagehub import commands, link, settings
from imagehub.hub import Hub
from imagehub.link import PAGE, Reply, Request
from imagehub.metrics import Metrics
from imagehub.store import DAILY_LIMIT, DISK_FULL
from imagehub.testing import FakeClock, MemoryStore
from imagehub.wire import ImageMessage

JPEG = b"\xff\xd8 picture"


class Bench:
    """A hub over a store in memory; `say` sends it a message and returns the reply."""

    def __init__(self, **changes: Any) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore()
        self.metrics = Metrics(self.clock.now, self.clock.monotonic)
        self.memory = bytearray(64 * PAGE)
        self.replies: list[Reply] = []
        self.published: list[str] = []
        text = json.dumps({"hub": changes})
        self.hub = Hub(
            settings.parse(text, Path("/nowhere")),
            self.store,
            self.metrics,
            self.replies.extend,
            memoryview(self.memory),
            "epoch",
            lambda message: self.published.append(message.text),
            self.clock.monotonic,
        )
        self._number = 0

    def request(self, *frames: bytes) -> Request:
        """Lay frames into the memory and return the request for them."""
        self._number += 1
        body = b"".join(frames)
        self.memory[: len(body)] = body
        lengths = tuple(map(len, frames[: link.MAX_FRAMES]))
        return Request(self._number, self.clock.monotonic(), 0, len(frames), lengths, "10.0.0.3")

    def take(self, requests: Sequence[Request]) -> list[str]:
        """Let the hub take the requests and commit, and return the replies."""
        before = len(self.replies)
        self.hub.take(requests)
        self.hub.stop()
        self.hub.commit_until_stopped()
        return [reply.text.decode() for reply in self.replies[before:]]

    def say(self, text: str, body: bytes = JPEG, **header: Any) -> str:
        """Send one message and return its reply."""
        (reply,) = self.take([self.request(json.dumps({"msg": text, **header}).encode(), body)])
        return reply


def test_an_image_is_stored_then_answered_ok() -> None:
    """The reply to an image comes after its commit, and its bytes are those that were sent."""
    bench = Bench()
    assert bench.say("Barn P1|jpg|") == "OK"
    (stored,) = bench.store.stored
    assert isinstance(stored, ImageMessage)
    assert (stored.camera.node, stored.camera.view) == ("Barn", "P1")
    assert bench.metrics.today.images == 1


def test_nothing_is_answered_before_the_commit() -> None:
    """`take` alone answers no image: its OK is the commit's."""
    bench = Bench()
    bench.hub.take([bench.request(b'{"msg": "Barn|jpg|"}', JPEG)])
    assert bench.replies == []
    assert bench.hub.waiting == 1


@pytest.mark.parametrize("word", ["Heartbeat", "heartbeat", "HEARTBEAT"])
def test_a_heartbeat_is_answered_and_not_stored(word: str) -> None:
    """A heartbeat marks the camera alive and leaves nothing behind."""
    bench = Bench()
    assert bench.say(f"Barn P1|{word}|") == "OK"
    assert bench.store.stored == []
    assert [row.camera.name for row in bench.metrics.rows()] == ["Barn P1"]


def test_a_text_without_a_type_is_a_test_image() -> None:
    """It is answered, not stored, and makes no camera."""
    bench = Bench()
    assert bench.say("just a test") == "OK"
    assert bench.store.stored == []
    assert bench.metrics.rows() == []


def test_every_kind_of_event_is_stored() -> None:
    """Whatever begins like another type is an event all the same."""
    bench = Bench()
    for kind in ("Humidity", "intrusion", "jammed", "motion", ""):
        assert bench.say(f"Barn|{kind}|x") == "OK"
    assert [message.type for message in bench.store.stored] == ["Humidity", "intrusion", "jammed", "motion", ""]


def test_a_refusal_says_why_and_is_counted_and_noted() -> None:
    """The sender, the event log and the camera's row all learn of it."""
    bench = Bench()
    assert bench.say("Barn P1|jpg|", b"GIF") == "NOT STORED the image is not a JPEG (it does not begin with FF D8)"
    assert bench.metrics.rows()[0].today.refused == 1
    (note,) = bench.store.notes
    assert note.startswith("NOT STORED, from Barn P1 at 10.0.0.3:")


def test_the_same_refusal_is_noted_once_a_minute() -> None:
    """A sender that is refused twenty times a second doesn't fill the log."""
    bench = Bench()
    for _ in range(50):
        bench.say("Barn P1|jpg|", b"GIF")
    assert len(bench.store.notes) == 1
    bench.clock.pass_(61)
    bench.hub.throttle.flush()
    assert bench.store.notes[1].endswith("(49 more within a minute)")


@pytest.mark.parametrize(
    ("pattern", "admitted"), [("Barn", True), ("Barn P1", True), ("B*", True), ("barn", False), ("Gate", False)]
)
def test_only_listed_nodes_are_taken(pattern: str, admitted: bool) -> None:
    """`allow_nodes` has names or patterns of nodes or cameras, with regard to case."""
    reply = Bench(allow_nodes=[pattern]).say("Barn P1|jpg|")
    assert (reply == "OK") == admitted
    assert admitted or reply == "NOT STORED the node is not on the hub's list allow_nodes"


def test_what_the_disk_does_not_take_is_not_stored() -> None:
    """The reply gives the disk's reason, and OK comes again when it takes bytes again."""
    bench = Bench()
    bench.store.disk_fault = "disk full"
    assert bench.say("Barn P1|jpg|") == "NOT STORED disk full"
    assert bench.metrics.not_stored == {"disk full": 1}
    bench.store.disk_fault = None
    assert bench.say("Barn P1|jpg|") == "OK"


def test_a_failed_flush_is_not_stored() -> None:
    """What was written but not made stable is not acknowledged, and not published."""
    bench = Bench()
    bench.store.flush_fault = "disk error: Input/output error"
    assert bench.say("Barn P1|jpg|") == "NOT STORED disk error: Input/output error"
    assert bench.published == []


def test_the_daily_limit_is_told_in_the_seeds_words() -> None:
    """Whoever watches the log for `Max images written` goes on finding it."""
    bench = Bench()
    bench.store.disk_fault = DAILY_LIMIT
    assert bench.say("Barn P1|jpg|") == "NOT STORED daily limit"
    assert bench.store.notes == ["Max images written. Writing stopped."]


def test_a_repeat_with_the_same_id_is_stored_once() -> None:
    """A sender that missed the reply and sends again gets OK for what is stored already."""
    bench = Bench()
    assert [bench.say("Barn P1|jpg|", id="abc") for _ in range(3)] == ["OK"] * 3
    assert len(bench.store.stored) == 1
    assert bench.metrics.repeats == 2


def test_a_message_too_large_is_told_the_limit() -> None:
    """A message that the front did not take in gets a reply that gives both sizes."""
    bench = Bench(max_message_bytes=1024)
    (reply,) = bench.take([Request(1, 0.0, link.NO_PAYLOAD, 2, (30, 5000), "10.0.0.3")])
    assert reply == "NOT STORED the message has 5030 bytes, more than max_message_bytes 1024"


def test_what_is_stored_is_published() -> None:
    """Images and events go to viewers; heartbeats and refused messages don't."""
    bench = Bench()
    for text in ("Barn P1|jpg|", "Barn|motion|moving", "Barn|Heartbeat|", "../x|jpg|"):
        bench.say(text)
    assert bench.published == ["Barn P1|jpg|", "Barn|motion|moving"]


def test_raw_arrays_become_jpeg() -> None:
    """A uint8 array is stored as the JPEG of it, not as its bytes."""
    bench = Bench()
    assert bench.say("Barn P1|image|", bytes(48), dtype="uint8", shape=[4, 4, 3]) == "OK"
    (stored,) = bench.store.stored
    assert bytes(stored.body[:2]) == b"\xff\xd8"


def test_a_fault_of_the_code_does_not_end_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that makes the reading code fail is answered, so that no later hub meets it again."""
    bench = Bench()
    monkeypatch.setattr("imagehub.wire.parse", lambda frames: 1 / 0)
    assert bench.say("Barn P1|jpg|").startswith("NOT STORED the hub failed to read the message")
    monkeypatch.undo()
    assert bench.say("Barn P1|jpg|") == "OK"


def test_published_messages_are_stored_without_a_reply() -> None:
    """What comes by PUB is stored; there is nobody to answer."""
    bench = Bench()
    bench.hub.take_published([b'{"msg": "Gate P1|jpg|"}', JPEG])
    assert bench.hub.published_waiting == 1
    bench.take([])
    assert len(bench.store.stored) == 1
    assert (bench.replies, bench.hub.published_waiting) == ([], 0)


# When a message was taken


def test_a_time_that_can_not_be_read_is_told_once_a_minute_and_the_image_is_stored() -> None:
    """The sender gets its OK; the event log says whose messages have the time of their arrival."""
    bench = Bench()
    for _ in range(3):
        assert bench.say("Barn P1|jpg|", taken="yesterday") == "OK"
    assert len(bench.store.stored) == 3
    (note,) = bench.store.notes
    assert note.startswith("Barn P1 says in no readable way when its messages were taken")


def test_a_time_that_can_be_read_is_no_news() -> None:
    """It goes to the store with the message."""
    bench = Bench()
    assert bench.say("Barn P1|motion|moving", taken="2026-11-21T02:00:00Z") == "OK"
    assert bench.store.notes == []
    assert bench.store.stored[0].taken == "2026-11-21T02:00:00.000000+00:00"


# Commands


class Waiting(Bench):
    """A hub for which commands wait in a folder."""

    def __init__(self, folder: Path, *texts: str, node: str = "Barn") -> None:
        super().__init__()
        for text in texts:
            commands.add(folder, node, text, self.clock.now())
        self.hub.commands = commands.Queue(folder, self.clock.monotonic)


@pytest.mark.parametrize("message", ["Barn P1|jpg|", "Barn|motion|moving", "Barn|Heartbeat"])
def test_a_command_is_the_reply_to_what_is_stored_or_a_heartbeat(tmp_path: Path, message: str) -> None:
    """One a reply, in order, then OK again; each is a line of the event log and counted."""
    bench = Waiting(tmp_path, "SendFrames 10", "ReloadYaml")
    assert [bench.say(message) for _ in range(3)] == ["SendFrames 10", "ReloadYaml", "OK"]
    assert bench.store.notes == [
        "command for Barn handed over: SendFrames 10", "command for Barn handed over: ReloadYaml",
    ]  # fmt: skip
    assert bench.metrics.commands_handed_over == 2


def test_no_other_node_gets_it_and_no_test_image(tmp_path: Path) -> None:
    """A test image says nothing of who sends."""
    bench = Waiting(tmp_path, "SendFrames 10")
    assert [bench.say(text) for text in ("Gate|jpg|", "Barn2|Heartbeat", "Barn")] == ["OK", "OK", "OK"]
    assert bench.say("Barn|jpg|") == "SendFrames 10"


def test_a_message_that_is_not_stored_gets_no_command(tmp_path: Path) -> None:
    """A command means OK, so it waits until something is stored."""
    bench = Waiting(tmp_path, "SendFrames 10")
    assert bench.say("Barn P1|jpg|", b"GIF").startswith("NOT STORED")
    bench.store.disk_fault = DISK_FULL
    assert bench.say("Barn P1|jpg|") == "NOT STORED disk full"
    bench.store.disk_fault = None
    bench.store.flush_fault = "disk error"
    assert bench.say("Barn P1|jpg|") == "NOT STORED disk error"
    bench.store.flush_fault = None
    assert bench.say("Barn P1|jpg|") == "SendFrames 10"


def test_one_of_a_group_gets_the_command(tmp_path: Path) -> None:
    """Several messages of a node that become stable at once don't get it twice."""
    bench = Waiting(tmp_path, "SendFrames 10")
    requests = []
    for page in range(3):
        header = b'{"msg": "Barn P1|jpg|"}'
        bench.memory[page * PAGE : page * PAGE + len(header) + len(JPEG)] = header + JPEG
        requests.append(Request(page + 1, 0.0, page, 2, (len(header), len(JPEG)), "10.0.0.3"))
    assert sorted(bench.take(requests)) == ["OK", "OK", "SendFrames 10"]


def test_a_command_that_can_not_be_forgotten_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The image is stored all the same, and the log says why the command is not handed over."""
    bench = Waiting(tmp_path, "SendFrames 10")

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert bench.say("Barn P1|jpg|") == "OK"
    assert bench.store.notes == ["a command for Barn P1 has to wait: disk full or read-only"]
    bench.clock.pass_(1)
    assert bench.say("Barn P1|jpg|") == "SendFrames 10"
