"""Whatever is sent: each message gets a reply, the hub lives, and nothing is written where it doesn't belong."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import zmq
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from corpus_cases import Case, cases
from imagehub import check
from running import DEADLINE_SECONDS, JPEG, Node, RunningHub, running_hub, until

EXAMPLES = 200  # of each of the two ways to send
BIG_BYTES = 100_000_000
LARGEST_ORDINARY = 40  # messages of more frames than this are named below, each for its own reason
OWN_FILES = {"images", "logs", "journal", "run", "imagehub.lock", "recovered", "commands"}

NAMES_THAT_CLIMB = [
    "../../../etc/passwd",
    "..",
    ".. P1",
    "Barn/../../out P1",
    "/tmp/absolute P1",
    "Barn\\..\\..\\out P1",
    "Barn\0 P1",
    "Barn P1/../../../out",
    "Barn\n P1",
    "Barn\u2028 P1",
    "\u202egraB P1",
    "~root P1",
    ".hidden P1",
    "Barn: P1",
]


def header(text: object, **more: Any) -> bytes:
    """Return the header of a message."""
    return json.dumps({"msg": text, **more}).encode()


# What is beside the corpus: messages that only a socket can send, or that are too large to be files.
HOSTILE: dict[str, tuple[bytes, ...]] = {
    "more frames than 16 bits count": (b"x",) * 70_000,
    "an empty body": (header("Barn P1|jpg|"), b""),
    "an empty header": (b"", JPEG),
    "a number of 60,000 digits": (b'{"msg": ' + b"9" * 60_000 + b"}", JPEG),
    "a header of 64 KiB and more": (header("B" * 70_000), JPEG),
    "a shape of fractions": (header("Barn P1|image|", dtype="uint8", shape=[1.0, 1.0, 3.0]), b"xxx"),
    "an id that is a list": (header("Barn P1|jpg|", id=[1]), JPEG),
    "an event as long as a header can be": (header("Barn P1|motion|" + "m" * 65_000), JPEG),
}


class FuzzedHub:
    """The one hub of this file, and a good sender that goes on all the while."""

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        self.store = hub.status()["pid"]
        self.good = Node(hub.endpoint)
        self._stored = 0

    def request(self, frames: tuple[bytes, ...]) -> str:
        """Send these frames from a REQ socket and return the reply."""
        with Node(self.hub.endpoint) as node:
            return node.send_frames(*frames)

    def deal(self, frames: tuple[bytes, ...]) -> str:
        """Send these frames, as they are, from a DEALER socket and return the reply's text."""
        dealer: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
        with dealer:
            dealer.linger = 0
            dealer.rcvtimeo = int(DEADLINE_SECONDS * 1000)
            dealer.connect(self.hub.endpoint)
            dealer.send_multipart(frames)
            return dealer.recv_multipart()[-1].decode()

    def lives(self) -> bool:
        """Tell whether a good image is stored, by the store process that was there from the start."""
        self._stored += self.good.send("Good P1|jpg|") == "OK"
        files = list((self.hub.data / "images").glob("*/Good-P1-*"))
        return len(files) == self._stored and self.hub.status()["pid"] == self.store


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzedHub]:
    """One hub for all of this file."""
    with running_hub(tmp_path_factory.mktemp("fuzz") / "hub") as hub:
        fuzzed = FuzzedHub(hub)
        with fuzzed.good:
            yield fuzzed


def is_reply(text: str) -> bool:
    """Tell whether a reply is one that the wire has."""
    return text == "OK" or text.startswith("NOT STORED ")


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_corpus_is_answered_as_it_says(fuzzed: FuzzedHub, case: Case) -> None:
    """Each message of the corpus gets `OK`, or `NOT STORED` with its reason, and the next image is stored."""
    reply = fuzzed.request(tuple(case.frames))
    assert reply.startswith(f"NOT STORED {case.reason}" if case.outcome == "refused" else "OK")
    assert fuzzed.lives()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_gets_a_reply(fuzzed: FuzzedHub, name: str) -> None:
    """A message that nobody should send is answered, over REQ and DEALER, and the next image is stored."""
    assert is_reply(fuzzed.request(HOSTILE[name]))
    assert fuzzed.lives()
    assert is_reply(fuzzed.deal((b"", *HOSTILE[name])))
    assert fuzzed.lives()


names = st.text(max_size=20) | st.sampled_from([*NAMES_THAT_CLIMB, "Barn P1", "Barn", ""])
types = st.sampled_from(["jpg", "image", "heartbeat", "motion", "JPG ", "", "jammed"]) | st.text(max_size=8)
sides = st.integers(-2, 5) | st.sampled_from([2**31, 2**63, 2**64, 10**30, True, 1.5, None, "3"])
values = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.lists(sides, max_size=4)
texts = st.builds(lambda name, word, rest: f"{name}|{word}|{rest}", names, types, st.text(max_size=20)) | names
headers = st.fixed_dictionaries(
    {"msg": texts | values},
    optional={
        "dtype": st.sampled_from(["uint8", "float64", "O"]) | values,
        "shape": st.lists(sides, max_size=4) | values,
        "id": st.text(max_size=70) | values,
    },
).map(lambda fields: json.dumps(fields).encode())
bodies = st.binary(max_size=64) | st.binary(max_size=64).map(lambda rest: b"\xff\xd8" + rest)
messages = st.tuples(headers, bodies) | st.lists(st.binary(max_size=64), min_size=1, max_size=LARGEST_ORDINARY).map(
    tuple
)
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@bounded
@given(messages)
def test_any_message_of_a_req_socket_gets_a_reply(fuzzed: FuzzedHub, frames: tuple[bytes, ...]) -> None:
    """Headers that are nearly right, and frames that are nothing, are answered, and the next image is stored."""
    assert is_reply(fuzzed.request(frames))
    assert fuzzed.lives()


@bounded
@given(messages)
def test_any_message_of_a_dealer_socket_gets_a_reply(fuzzed: FuzzedHub, frames: tuple[bytes, ...]) -> None:
    """The same without the empty frame that REQ puts in front."""
    assert is_reply(fuzzed.deal(frames))
    assert fuzzed.lives()


def test_a_message_that_is_too_large_is_told_the_limit(fuzzed: FuzzedHub) -> None:
    """100 MB get a reply that names `max_message_bytes` and both sizes."""
    frames = (header("Barn P1|jpg|"), bytes(BIG_BYTES))
    reply = fuzzed.request(frames)
    size = sum(map(len, frames))
    assert reply == f"NOT STORED the message has {size} bytes, more than max_message_bytes {32 << 20}"
    assert fuzzed.lives()


@pytest.mark.parametrize("kind", ["jpg", "motion"])
@pytest.mark.parametrize("name", NAMES_THAT_CLIMB)
def test_no_name_leaves_the_data_directory(fuzzed: FuzzedHub, name: str, kind: str) -> None:
    """Names with `..`, slashes and characters that no name has are refused, and make nothing anywhere."""
    around = tree(fuzzed.hub.folder.parent, fuzzed.hub.data)
    images = set(fuzzed.hub.images())
    assert fuzzed.request((header(f"{name}|{kind}|x"), JPEG)).startswith("NOT STORED the node name ")
    assert tree(fuzzed.hub.folder.parent, fuzzed.hub.data) == around
    assert set(fuzzed.hub.images()) == images
    assert {path.name for path in fuzzed.hub.data.iterdir()} <= OWN_FILES


def tree(folder: Path, without: Path) -> set[Path]:
    """Return every file and folder below a folder, but for those of the data directory."""
    found = {Path(parent, name) for parent, folders, files in os.walk(folder) for name in (*folders, *files)}
    return {path for path in found if not path.is_relative_to(without)}


@pytest.mark.parametrize(
    "words",
    [b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n", b"\xff" * 5000, b"\xff\0\0\0\0\0\0\0\1\x7f", b""],
    ids=["a browser", "noise", "half a greeting", "silence"],
)
def test_who_speaks_no_zeromq_is_shown_the_door(fuzzed: FuzzedHub, words: bytes) -> None:
    """A browser, a port scanner or noise on the port does not disturb the hub."""
    with socket.create_connection(("127.0.0.1", fuzzed.hub.port), DEADLINE_SECONDS) as stream:
        stream.sendall(words)
        assert fuzzed.lives()
        with suppress(OSError):  # the hub may have hung up first
            stream.shutdown(socket.SHUT_WR)
        until(lambda: _is_over(stream), "the end of the connection")
    assert fuzzed.lives()


def _is_over(stream: socket.socket) -> bool:
    try:
        return stream.recv(4096) == b""
    except ConnectionResetError:
        return True


def test_all_of_it_leaves_a_sound_data_directory(fuzzed: FuzzedHub) -> None:
    """After all that was sent, journal and files agree, and every line of the log begins with its time."""
    assert fuzzed.lives()
    assert check.check(fuzzed.hub.data).differences == []
    log = (fuzzed.hub.data / "logs" / "imagehub.log").read_bytes().split(b"\n")
    assert [line for line in log if line and not line.startswith(b"20")] == []
