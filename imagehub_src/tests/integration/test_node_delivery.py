"""A node's delivery on real sockets: hubs that restart, vanish or stay silent, and nodes that are killed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

import cut_off
import office_process
from imagehub import keys
from imagehub import sender as senders
from imagehub.node.delivery import office
from imagehub.node.delivery.office import Office
from imagehub.node.delivery.post import Post
from imagehub.node.delivery.waiting import Limits
from imagehub.sender import BLACK_JPEG
from peers import Heard, Peer, stock_hub
from posting import NOON, event, image, number_of, running_office, settings
from requirements_here import require
from running import Node, RunningHub, free_port, running_hub, until

RESTARTS = 50


def spilling_at_once() -> office.Surroundings:
    """Return surroundings of an office that writes to disk what is not taken at once."""
    return office.Surroundings(limits=Limits(messages=5, spill_seconds=0.0))


def sent(made: Office, messages: int) -> None:
    """Wait until so many messages are sent."""
    until(lambda: made.status().sent >= messages, f"{messages} messages; {made.status()}")


@contextmanager
def putting_without_end(made: Office) -> Iterator[list[int]]:
    """Let a thread put numbered events, some hundred a second; give the numbers."""
    numbers: list[int] = []
    stop = threading.Event()

    def put() -> None:
        for number in count():
            if stop.wait(0.005):
                return
            numbers.append(number)
            made.put(event(number))

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    yield numbers
    stop.set()
    thread.join(10)


def counted(hub: RunningHub) -> list[int]:
    """Return the numbers of the events in a hub's journal."""
    return [number_of(entry["text"]) for entry in hub.journal() if entry["type"] == "count"]


def test_a_hub_that_restarts_fifty_times_misses_nothing_and_has_nothing_twice(tmp_path: Path) -> None:
    """What was put while it was up, going down, away and coming up is in its journal, in order, each once."""
    hub = RunningHub(tmp_path / "hub")
    given = settings(hub.endpoint, folder=tmp_path / "spool", patience=0.3)
    with running_office(given, surroundings=spilling_at_once()) as made:
        with putting_without_end(made) as numbers:
            for restart in range(RESTARTS):
                as_processes = restart % 5 == 0
                hub.process = hub.spawn(*([] if as_processes else ["--together"]))
                before = made.status().sent
                until(lambda sent=before: made.status().sent > sent + 3, f"a message after restart {restart}")  # type: ignore[misc]
                if as_processes:
                    hub.kill_store()
                hub.stop()
        assert made.status().dropped == 0
        hub.start()
        sent(made, len(numbers))
    hub.stop()
    assert counted(hub) == numbers
    assert len(numbers) > 500


def test_a_stock_hub_that_restarts_misses_nothing(tmp_path: Path) -> None:
    """With imageZMQ's own hub the order is kept too; a repeat may be heard twice, as it knows no ids."""
    port = free_port()
    heard: list[int] = []
    given = settings(f"tcp://127.0.0.1:{port}", folder=tmp_path, patience=0.2)
    with running_office(given) as made, putting_without_end(made) as numbers:
        for _ in range(10):
            before = made.status().sent
            with stock_hub(port) as texts:
                until(lambda sent=before: made.status().sent > sent + 10, "messages")  # type: ignore[misc]
            heard += map(number_of, texts)
        last = heard[-1]
    once = [number for number, before in zip(heard, [-1, *heard], strict=False) if number != before]
    assert once == numbers[: last + 1]


def test_what_no_hub_took_is_sent_by_the_next_start_with_its_own_time(tmp_path: Path) -> None:
    """The hub was away for the whole life of a node: order, ids and times are those of then."""
    port = free_port()
    given = settings(f"tcp://127.0.0.1:{port}", folder=tmp_path)
    with running_office(given) as made:
        for number in range(30):
            made.put(image(number) if number % 3 else event(number))
    assert len(list(tmp_path.glob("*.message"))) == 30
    with Peer(port=port) as hub, running_office(given) as made:
        made.put(event(30))
        sent(made, 31)
        assert [heard.header["taken"] for heard in hub.heard] == [event(n).taken.isoformat() for n in range(31)]
        assert [heard.body for heard in hub.heard[:2]] == [event(0).body, image(1).body]
        assert len(set(hub.ids())) == 31
    assert list(tmp_path.glob("*.message")) == []


def killed_after(seconds: float, folder: Path, endpoint: str, word: str) -> int:
    """Run an office as a process, kill it so long after its first line, and return how many events it called safe."""
    command = [sys.executable, office_process.__file__, str(folder), endpoint, word]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        lines += process.stdout.readlines()
        assert process.wait() == -signal.SIGKILL
    return max(int(line) for line in lines if line.endswith("\n"))


def test_a_node_that_is_killed_again_and_again_loses_nothing_that_was_on_disk(tmp_path: Path) -> None:
    """What it had called safe arrives, in order and once, whenever it was killed; hub there or not."""
    chance = random.Random(6)
    safe: dict[str, int] = {}
    hub = RunningHub(tmp_path / "hub")
    for turn in range(10):
        if turn % 3 == 0:
            hub.start()
        safe[f"{turn:02}"] = killed_after(chance.uniform(0.0, 0.3), tmp_path / "spool", hub.endpoint, f"{turn:02}")
        if turn % 3 == 1:
            hub.stop()
    with running_office(settings(hub.endpoint, folder=tmp_path / "spool")) as made:
        until(lambda: made.status().waiting_on_disk == made.status().waiting_in_memory == 0, "an empty spool")
    hub.stop()
    texts = [entry["text"].rpartition("|")[2] for entry in hub.journal()]
    assert sum(safe.values()) > 150
    assert len(set(texts)) == len(texts)
    for word, number in safe.items():
        arrived = [int(text.partition("-")[2]) for text in texts if text.startswith(word)]
        assert arrived[:number] == list(range(1, number + 1))
    assert [text[:2] for text in texts] == sorted(text[:2] for text in texts)


def test_a_cut_network_costs_time_and_no_message() -> None:
    """The connection is dead without a word: the node notices, and goes on when the network is back."""
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    able = shutil.which("unshare") and shutil.which("ip") and subprocess.run([*unshare, "true"], check=False)
    require(able and able.returncode == 0, "network namespaces (util-linux, iproute2, and the right to make one)")
    done = subprocess.run(
        [*unshare, sys.executable, cut_off.__file__], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    once = dict(zip(told["ids"], told["texts"], strict=True))
    assert [number_of(text) for text in once.values()] == list(range(20))
    assert told["while cut"] == 0


def no_more_goes_to_disk(made: Office) -> bool:
    """Tell whether a spool that drops the newest is full."""
    return made._settings.spool.drop == "newest" and made.status().bytes_on_disk > 38_800


@pytest.mark.parametrize("drop", ["oldest", "newest"])
def test_a_full_spool_says_what_it_dropped(tmp_path: Path, drop: str) -> None:
    """After a long time without a hub it hears what is left, in order, and one event with the number of the lost."""
    port = free_port()
    given = settings(f"tcp://127.0.0.1:{port}", folder=tmp_path, patience=0.2, max_bytes=40_000, drop=drop)
    surroundings = office.Surroundings(limits=Limits(messages=2, memory_bytes=20_000, spill_seconds=0.0))
    with running_office(given, surroundings=surroundings) as made:
        for number in range(100):
            made.put(Post(f"Barn P1|jpg|{number}", b"\xff\xd8" + bytes(1000), event(number).taken))
            until(lambda: made.status().waiting_in_memory < 3 or no_more_goes_to_disk(made), "room in memory")
        until(lambda: made.status().waiting_in_memory == 0 or no_more_goes_to_disk(made), "an empty memory")
        lost = made.status().dropped
        assert 30 < lost < 70
        assert made.status().bytes_on_disk <= 40_000
        with Peer(port=port) as hub:
            sent(made, 101 - lost)
            *pictures, told = hub.texts()
    numbers = list(dict.fromkeys(map(number_of, pictures)))  # the first may have come twice
    if drop == "newest":
        assert numbers == list(range(100 - lost))
    else:
        # The one that was under way when the spool was full was kept: a hub might have been storing it.
        assert numbers[-(99 - lost) :] == list(range(lost + 1, 100))
    assert told.startswith(f"Barn|Spool|dropped {lost} images, oldest 2026-03-14T12:")
    assert told.endswith(", the spool is full")


def test_the_second_hub_takes_over_and_the_first_gets_its_place_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preferred hub is tried now and then while the other one is used."""
    monkeypatch.setattr(senders, "FIRST_HUB_AGAIN_SECONDS", 0.5)
    port = free_port()
    with Peer() as second:
        given = settings(f"tcp://127.0.0.1:{port}", second.endpoint, folder=tmp_path, patience=0.3)
        with running_office(given) as made, putting_without_end(made) as numbers:
            sent(made, 20)
            assert made.status().hub == second.endpoint
            with Peer(port=port) as first:
                until(lambda: len(first.heard) > 20, "the first hub's turn")
                assert made.status().hub == first.endpoint
                by_first = [number_of(text) for text in first.texts()]
                by_second = [number_of(text) for text in second.texts()]
    assert by_first == list(range(by_first[0], by_first[-1] + 1))
    assert sorted({*by_first, *by_second}) == numbers[: by_first[-1] + 1]


def test_a_lost_reply_brings_the_same_message_again_and_one_image(tmp_path: Path) -> None:
    """A hub that stored it knows the repeat by its id; without an id the repeat is another image (the control)."""
    with running_hub(tmp_path / "hub") as hub, Node(hub.endpoint) as line:

        def forward(heard: Heard) -> bytes | None:
            reply = line.send_frames(json.dumps(heard.header).encode(), heard.body)
            return reply.encode() if len(between.heard) % 2 == 0 else None

        with Peer(forward) as between, running_office(settings(between.endpoint, patience=0.2)) as made:
            for number in range(5):
                made.put(image(number))
            sent(made, 5)
        ids = between.ids()
        assert ids[0::2] == ids[1::2]
        assert len(hub.images()) == 5
        for _ in range(2):
            line.send("Barn P1|jpg", image(9).body)
        assert len(hub.images()) == 7


def test_a_hub_with_a_daily_limit_gets_the_rest_when_it_has_room(tmp_path: Path) -> None:
    """`NOT STORED daily limit` is no loss: the picture waits on disk until the limit is raised."""
    hub = RunningHub(tmp_path / "hub", max_images_write=3)
    hub.start()
    given = settings(hub.endpoint, folder=tmp_path / "spool")
    with running_office(given, surroundings=spilling_at_once()) as made:
        for number in range(5):
            made.put(image(number))
        until(lambda: made.status().last_error == "NOT STORED daily limit", "the limit")
        assert (made.status().sent, len(hub.images())) == (3, 3)
        hub.stop()
        hub.configure(port=hub.port, bind_address="127.0.0.1", max_images_write=10)
        hub.start()
        sent(made, 5)
    assert [path.read_bytes() for path in hub.images()] == [image(number).body for number in range(5)]
    hub.stop()


def test_a_refused_picture_is_set_aside_and_the_hub_is_told(tmp_path: Path) -> None:
    """A picture that is none does not stop those behind it."""
    with (
        running_hub(tmp_path / "hub") as hub,
        running_office(settings(hub.endpoint, folder=tmp_path / "spool")) as made,
    ):
        made.put(Post("Barn P1|jpg", b"no JPEG", NOON))
        made.put(image(1))
        sent(made, 2)
        stored, told = [entry["text"] for entry in hub.journal()]
        assert stored == "Barn P1|jpg"
        assert told.startswith("Barn|Spool|refused 1 image, oldest 2026-03-14T12:00:00+01:00, the image is not a JPEG")
    assert len(list((tmp_path / "spool" / "refused").glob("*.message"))) == 1


def test_closing_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    """With a silent hub at once, with one that answers when all is sent."""
    with Peer(lambda _: None) as silent:
        made = Office(settings(silent.endpoint, folder=tmp_path, patience=30), lambda _: None)
        made.start()
        made.put(Post("Barn P1|motion|moving", BLACK_JPEG, NOON))
        until(lambda: silent.heard, "the request")
        began = time.monotonic()
        made.close(0.5)
        assert time.monotonic() - began < 5
    with Peer() as hub:
        made = Office(settings(hub.endpoint, folder=tmp_path), lambda _: None)
        made.start()
        for number in range(50):
            made.put(event(number))
        made.close(30)
        assert len(hub.heard) == 51
    assert list(tmp_path.glob("*.message")) == []


def test_a_node_reaches_a_hub_that_wants_curve(tmp_path: Path) -> None:
    """With the hub's public key and the node's own pair in the settings; without them nothing gets through."""
    for name in ("hub", "barn"):
        keys.new(name, tmp_path / "keys")
    with running_hub(tmp_path / "hub", curve_keys_directory=str(tmp_path / "keys")) as hub:
        given = settings(hub.endpoint)
        with running_office(given) as made:
            made.put(event(1))
            until(lambda: made.status().last_error, "silence")
        hub_key, key = tmp_path / "keys" / "hub.key", tmp_path / "keys" / "barn.key_secret"
        with running_office(replace(given, hub_key=hub_key, key=key)) as made:
            made.put(event(2))
            sent(made, 1)
        assert counted(hub) == [2]
