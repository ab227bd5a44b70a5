"""What is limited: images a day, and memory when the disk is slower than the senders."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import zmq

from ledger import Ledger, digests
from running import DEADLINE_SECONDS, Node, RunningHub, running_hub, until

TOLD = "Max images written. Writing stopped."
SENDERS = 100
BODY = b"\xff\xd8".ljust(200_000, b"\x5a")
GREEDY_SENDERS, GREEDY_REQUESTS = 20, 60
# Both processes have some 30 MB to begin with; a request may be in the transport, and 20 are in the mapping.
ONE_EACH_BYTES = 80_000_000
GREEDY_BYTES = 100_000_000


def test_the_daily_limit_holds_across_restarts(tmp_path: Path) -> None:
    """Images of today are counted from the journal: neither a restart nor a killed store process begins anew."""
    with running_hub(tmp_path, max_images_write=5) as hub:
        with Node(hub.endpoint) as node:
            assert [node.send("Barn P1|jpg|") for _ in range(2)] == ["OK", "OK"]
            hub.wait_replaced(hub.kill_store())
            assert [node.send("Barn P1|jpg|") for _ in range(2)] == ["OK", "OK"]
        assert hub.stop() == 0
        hub.start()
        with Node(hub.endpoint) as node:
            replies = [node.send("Barn P2|jpg|") for _ in range(3)]
        assert replies == ["OK", "NOT STORED daily limit", "NOT STORED daily limit"]
        assert hub.status()["today"]["images"] == 5
    assert len(hub.images()) == 5


def test_the_daily_limit_is_told_once(tmp_path: Path) -> None:
    """However many images come after the limit, the event log has the line once; events are stored on."""
    with running_hub(tmp_path, max_images_write=1) as hub, Node(hub.endpoint) as node:
        assert node.send("Barn P1|jpg|") == "OK"
        assert {node.send("Barn P1|jpg|") for _ in range(50)} == {"NOT STORED daily limit"}
        assert node.send("Barn|motion|moving") == "OK"
        assert node.send("Barn|Heartbeat|") == "OK"
        assert hub.status()["today"] | {"bytes": 0} == {
            "images": 1, "events": 1, "bytes": 0, "refused": 50, "images_limit": 1,
        }  # fmt: skip
    log = (hub.data / "logs" / "imagehub.log").read_text()
    assert [line.split(" ~ ")[1] for line in log.splitlines()] == [TOLD, "Barn|motion|moving"]
    assert hub.output().count(TOLD) == 1


def test_the_daily_limit_is_that_of_all_nodes(tmp_path: Path) -> None:
    """The limit holds for all nodes together, and for images of every kind."""
    with running_hub(tmp_path, max_images_write=1) as hub, Node(hub.endpoint) as first, Node(hub.endpoint) as second:
        assert first.send("Barn P1|jpg|") == "OK"
        assert second.send("Porch P1|image|", bytes(27), dtype="uint8", shape=[3, 3, 3]) == "NOT STORED daily limit"
    assert len(hub.images()) == 1


@contextmanager
def stopped_store(hub: RunningHub) -> Iterator[None]:
    """Let the store process stand still meanwhile, as it does while a disk does not answer."""
    store = hub.kill_store(signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(store, signal.SIGCONT)


def peak_bytes(process: int) -> int:
    """Return the most memory that a process ever had, what it shares included."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def held_back(port: int) -> int:
    """Return how many connections to a local port have bytes that nobody has taken from the system yet (proc(5))."""
    fields = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    queues = [queue for _, local, _, state, queue, *_ in fields if local.endswith(f":{port:04X}") and state == "01"]
    return sum(not queue.endswith(":00000000") for queue in queues)


def test_a_hundred_senders_wait_for_a_store_that_stands_still(tmp_path: Path) -> None:
    """With `queuemax: 20`, 100 stock senders of 200 kB wait in bounded memory, and then each gets its OK."""
    with running_hub(tmp_path, queuemax=20) as hub:
        assert hub.process is not None
        ledger = Ledger(hub.endpoint, SENDERS, rate=0.0, size=len(BODY))
        with stopped_store(hub):
            ledger.start()
            until(lambda: all(sender.is_alive() for sender in ledger.senders), "all senders to begin")
            until(lambda: connections(hub.port) == SENDERS, "all senders to be connected")
            assert ledger.count() == 0
        until(lambda: all(sender.acknowledged for sender in ledger.senders), "an OK for each sender")
        assert ledger.finish() == 0
        assert all(peak_bytes(process) < ONE_EACH_BYTES for process in (hub.process.pid, hub.status()["pid"]))
        hub.stop()
    assert not ledger.refused()
    assert ledger.acknowledged() == set(digests(hub.images()))


def connections(port: int) -> int:
    """Return how many connections to a local port there are (proc(5))."""
    fields = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(local.endswith(f":{port:04X}") and state == "01" for _, local, _, state, *_ in fields)


def test_senders_that_do_not_wait_are_made_to(tmp_path: Path) -> None:
    """240 MB from DEALERs that never wait stay with them while the store stands still; then all of it is stored."""
    with running_hub(tmp_path, queuemax=20, durability="written") as hub, ExitStack() as stack:
        assert hub.process is not None
        dealers = [stack.enter_context(greedy(hub)) for _ in range(GREEDY_SENDERS)]
        with stopped_store(hub):
            for number, dealer in enumerate(dealers):
                ask_for_much(dealer, f"node{number} P1|jpg|")
            until(lambda: held_back(hub.port) == GREEDY_SENDERS, "the hub to take no more from anybody")
            assert peak_bytes(hub.process.pid) < GREEDY_BYTES
        replies = [dealer.recv_multipart() for dealer in dealers for _ in range(GREEDY_REQUESTS)]
        assert replies == [[b"", b"OK"]] * (GREEDY_SENDERS * GREEDY_REQUESTS)
        assert all(peak_bytes(process) < GREEDY_BYTES for process in (hub.process.pid, hub.status()["pid"]))
    assert len(hub.images()) == GREEDY_SENDERS * GREEDY_REQUESTS


def greedy(hub: RunningHub) -> zmq.Socket[bytes]:
    """Return a socket that sends without waiting for replies."""
    dealer: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    dealer.linger = 0
    dealer.rcvtimeo = int(DEADLINE_SECONDS * 1000)
    dealer.connect(hub.endpoint)
    return dealer


def ask_for_much(dealer: zmq.Socket[bytes], text: str) -> None:
    """Send images without waiting; they share their bytes here."""
    for _ in range(GREEDY_REQUESTS):
        dealer.send_multipart([b"", json.dumps({"msg": text}).encode(), BODY], copy=False)
