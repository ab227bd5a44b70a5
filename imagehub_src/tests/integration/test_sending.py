"""The sender and `imagehub send` over real sockets."""

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import imagezmq
import numpy as np
import pytest
import zmq

from imagehub import keys
from imagehub.sender import NoAnswerError, Sender
from media import picture
from running import free_port, running_hub

DEADLINE_SECONDS = 30.0


@contextmanager
def router(answers: Iterable[bytes | None], port: int | None = None) -> Iterator[tuple[str, list[list[bytes]]]]:
    """Give the endpoint of a ROUTER that answers like this (None: not at all), and what it heard."""
    heard: list[list[bytes]] = []
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.linger = 0
        socket.rcvtimeo = int(DEADLINE_SECONDS * 1000)
        socket.bind(f"tcp://127.0.0.1:{port or free_port()}")
        thread = threading.Thread(target=_answer, args=(socket, iter(answers), heard), daemon=True)
        thread.start()
        yield socket.get_string(zmq.LAST_ENDPOINT).rstrip("\0"), heard
        thread.join(DEADLINE_SECONDS)


def _answer(socket: zmq.Socket[bytes], answers: Iterator[bytes | None], heard: list[list[bytes]]) -> None:
    for answer in answers:
        frames = socket.recv_multipart()
        heard.append(frames)
        if answer is not None:
            socket.send_multipart([frames[0], b"", answer])


def test_a_stock_hub_takes_what_is_sent() -> None:
    """`imagezmq.ImageHub` reads text and picture, and its reply is the one returned."""
    port, jpeg = free_port(), picture()
    received = []

    def receive() -> None:
        with imagezmq.ImageHub(open_port=f"tcp://127.0.0.1:{port}") as hub:
            received.append(hub.recv_jpg())
            hub.send_reply(b"a reply of its own")

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    with Sender([f"tcp://127.0.0.1:{port}"]) as sender:
        assert sender.send_jpg("Barn ü P1|jpg", jpeg) == "a reply of its own"
    thread.join(DEADLINE_SECONDS)
    [(text, body)] = received
    assert (text, bytes(body)) == ("Barn ü P1|jpg", jpeg)


def test_a_stock_hub_reads_an_array_and_ignores_what_it_does_not_know() -> None:
    """`recv_image` gives back the array; `id` and `taken` in the header are no trouble to it."""
    port, received = free_port(), []
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)

    def receive() -> None:
        with imagezmq.ImageHub(open_port=f"tcp://127.0.0.1:{port}") as hub:
            received.append(hub.recv_image())
            hub.send_reply()

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    with Sender([f"tcp://127.0.0.1:{port}"]) as sender:
        taken = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
        assert sender.send("Barn P1|image", array.tobytes(), shape=array.shape, taken=taken, id="a-7") == "OK"
    thread.join(DEADLINE_SECONDS)
    [(text, image)] = received
    assert text == "Barn P1|image"
    assert np.array_equal(image, array)


def test_a_request_that_is_not_answered_comes_again_from_a_new_connection() -> None:
    """The hub sees the same two frames from another peer, and its answer to that ends the wait."""
    with router([None, b"OK"]) as (endpoint, heard), Sender([endpoint], deadline_seconds=0.2) as sender:
        assert sender.send_jpg("Barn P1|jpg", picture()) == "OK"
    (first_peer, *first), (second_peer, *second) = heard
    assert first == second
    assert first_peer != second_peer


def test_the_second_hub_takes_over_from_one_that_is_not_there() -> None:
    """A hub that nobody runs costs a deadline."""
    nobody = f"tcp://127.0.0.1:{free_port()}"
    with router([b"OK", b"OK"]) as (endpoint, heard), Sender([nobody, endpoint], 0.2) as sender:
        assert sender.send_jpg("Barn P1|jpg", picture()) == "OK"
        assert sender.send_event("Barn P1|motion|still") == "OK"
    assert len(heard) == 2


def test_a_sender_may_start_before_its_hub() -> None:
    """What is sent meanwhile arrives once the hub listens."""
    port = free_port()
    replies: list[str] = []

    def send() -> None:
        with Sender([f"tcp://127.0.0.1:{port}"], deadline_seconds=0.2) as sender:
            replies.append(sender.send_jpg("Barn P1|jpg", picture()))

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    with router([b"OK"], port):
        thread.join(DEADLINE_SECONDS)
    assert replies == ["OK"]


def test_giving_up_takes_the_time_given_and_leaves_nothing_behind() -> None:
    """A sender without a hub raises; a context that waits for its messages would hang here."""
    nobody = f"tcp://127.0.0.1:{free_port()}"
    with Sender([nobody], 0.1, give_up_seconds=0.3) as sender, pytest.raises(NoAnswerError, match=nobody):
        sender.send_event("Barn P1|motion|moving")


def send_command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `imagehub send` to its end."""
    command = [sys.executable, "-m", "imagehub", "send", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)


def test_the_command_sends_files_and_events_to_a_hub(tmp_path: Path) -> None:
    """Pictures are stored as they are, an event is journaled, what is no picture is named."""
    files = [tmp_path / name for name in ("a.jpg", "b.jpg", "notes.txt")]
    for level, path in enumerate(files):
        path.write_bytes(picture(40 * level) if path.suffix == ".jpg" else b"no picture")
    with running_hub(tmp_path / "hub") as hub:
        barn = ("--hub", hub.endpoint, "--node", "Barn", "--view", "P1")
        sent = send_command(*barn, *files)
        event = send_command(*barn, "--event", "motion|moving")
        assert [path.read_bytes() for path in hub.images()] == [path.read_bytes() for path in files[:2]]
        assert [entry["text"] for entry in hub.journal()] == ["Barn P1|jpg"] * 2 + ["Barn P1|motion|moving"]
    assert (sent.returncode, sent.stdout) == (1, "sent 2 images, 2 stored, 0 not stored\n")
    assert f"{files[2]}: not a JPEG" in sent.stderr
    assert (event.returncode, event.stdout) == (0, "sent 1 event, 1 stored, 0 not stored\n")


def test_the_command_says_why_nothing_could_be_sent() -> None:
    """Without a hub the command ends with an error, in the time it was given."""
    nobody = f"tcp://127.0.0.1:{free_port()}"
    sent = send_command("--hub", nobody, "--node", "Barn", "--event", "motion|moving", "--give-up", "0.3")
    assert sent.returncode == 1
    assert sent.stderr.startswith(f"imagehub: no answer within 0.3 s from {nobody}")


def test_the_command_reaches_a_hub_that_wants_curve(tmp_path: Path) -> None:
    """With the hub's public key and a pair that the hub admits, a sender is let in; without it is not."""
    for name in ("hub", "barn"):
        keys.new(name, tmp_path / "keys")
    with running_hub(tmp_path / "hub", curve_keys_directory=str(tmp_path / "keys")) as hub:
        words = ("--hub", hub.endpoint, "--node", "Barn", "--event", "motion|moving")
        pair = ("--hub-key", tmp_path / "keys" / "hub.key", "--key", tmp_path / "keys" / "barn.key_secret")
        assert send_command(*words, *pair).returncode == 0
        assert send_command(*words, "--give-up", "0.5").returncode == 1
        assert len(hub.journal()) == 1
