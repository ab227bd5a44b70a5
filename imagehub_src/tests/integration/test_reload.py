"""SIGHUP: settings that change while the hub runs, without a pause for senders."""

import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import zmq

from imagehub import check, keys
from integration.disks.requirements import require_volatile_disk
from integration.disks.volatile_disk import VolatileDisk
from ledger import Ledger, digests
from running import DEADLINE_SECONDS, JPEG, Node, RunningHub, free_port, running_hub, until

NOT_ADMITTED_MILLISECONDS = 500
RETRY_MILLISECONDS = 300
NOT_OURS = "192.0.2.1"  # kept for documents (RFC 5737)
RELOADS = 20
STUCK_SECONDS = 20.0


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A hub on loopback."""
    with running_hub(tmp_path) as hub:
        yield hub


def reload(hub: RunningHub, **settings: Any) -> None:
    """Write these settings, beside port and address, and tell the main process."""
    hub.configure(**{"port": hub.port, "bind_address": "127.0.0.1"} | settings)
    assert hub.process is not None
    hub.process.send_signal(signal.SIGHUP)


def reload_and_wait(hub: RunningHub, **settings: Any) -> str:
    """Reload, wait until the front has opened its door anew, and return what the hub said."""
    before = len(hub.output())
    reload(hub, **settings)
    until(lambda: "listening on" in hub.output()[before:].partition("reloaded: ")[2], "the door to be opened anew")
    return hub.output()[before:]


def told(hub: RunningHub, text: str) -> Callable[[], bool]:
    """Return a probe for a text in the hub's log."""
    return lambda: text in hub.output()


def is_refused(node: Node, text: str = "Barn P1|jpg|") -> bool:
    """Tell whether a message is refused for its node's name."""
    return node.send(text) == "NOT STORED the node is not on the hub's list allow_nodes"


def test_max_images_write_is_applied(hub: RunningHub) -> None:
    """A limit that is reached refuses images; once it is raised, images are stored again."""
    with Node(hub.endpoint) as node:
        assert reload_and_wait(hub, max_images_write=1).count("reloaded: max_images_write\n") == 1
        replies = [node.send("Barn P1|jpg|") for _ in range(2)]
        assert replies == ["OK", "NOT STORED daily limit"]
        reload_and_wait(hub, max_images_write=2)
        assert node.send("Barn P1|jpg|") == "OK"
        assert hub.status()["today"]["images_limit"] == 2


def test_allow_nodes_is_applied(hub: RunningHub) -> None:
    """The next message of a node that is no longer listed is refused, over the connection that it has."""
    with Node(hub.endpoint) as node:
        assert node.send("Barn P1|jpg|") == "OK"
        reload_and_wait(hub, allow_nodes=["Porch*"])
        assert is_refused(node)
        assert node.send("Porch2 P1|jpg|") == "OK"
        reload_and_wait(hub, allow_nodes=["Barn P1"])
        assert node.send("Barn P1|jpg|") == "OK"
        assert is_refused(node, "Barn P2|jpg|")


def test_allow_addresses_is_applied(hub: RunningHub) -> None:
    """A sender whose address is not listed waits; after the reload that lists it its message is stored."""
    reload_and_wait(hub, allow_addresses=["127.0.0.9"])
    sender: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.REQ)
    with sender:
        sender.linger = 0
        sender.handshake_ivl = RETRY_MILLISECONDS
        sender.connect(hub.endpoint)
        sender.send_multipart([json.dumps({"msg": "Barn P1|jpg|"}).encode(), JPEG])
        assert not sender.poll(NOT_ADMITTED_MILLISECONDS)
        assert hub.images() == []
        reload(hub, allow_addresses=["127.0.0.0/30"])
        until(lambda: sender.poll(0), "the reply to the sender that is admitted now")
        assert sender.recv() == b"OK"


def test_log_level_is_applied(hub: RunningHub) -> None:
    """With `log_level: error` a refusal is not logged any more, with `info` the next one is."""
    with Node(hub.endpoint) as node:
        reload(hub, log_level="error", max_images_write=77)
        until(lambda: hub.status()["today"]["images_limit"] == 77, "the settings to be in use")
        assert "NOT STORED" in node.send("../quiet|jpg|")
        assert "log_level" in reload_and_wait(hub, log_level="info", max_images_write=77)
        assert "NOT STORED" in node.send("Loud\0|jpg|")
    until(told(hub, "the node name has the character U+0000"), "the refusal in the log")
    assert "the node name begins with a dot" not in hub.output()


def test_durability_is_applied(hub: RunningHub) -> None:
    """`written` and `synced` are changed at run time, images are stored with both, and the status says which."""
    with Node(hub.endpoint) as node:
        for durability in ("written", "synced", "written"):
            reload_and_wait(hub, durability=durability)
            assert hub.status()["durability"] == durability
            assert node.send("Barn P1|jpg|") == "OK"
    assert len(hub.images()) == 3


def test_subscribe_is_applied(hub: RunningHub) -> None:
    """A PUB sender that is added is fetched from; one that is taken away is not any more."""
    publisher: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.PUB)
    with publisher:
        publisher.linger = 0
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        header = json.dumps({"msg": "Gate P1|jpg|"}).encode()

        def fetched() -> bool:
            publisher.send_multipart([header, JPEG])
            return bool(hub.images())

        reload_and_wait(hub, subscribe=[f"tcp://127.0.0.1:{port}"])
        until(fetched, "a published image")
        monitor = publisher.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        reload_and_wait(hub, subscribe=[])
        until(lambda: monitor.poll(0), "the hub to hang up")
        publisher.disable_monitor()
        monitor.close()


def test_port_is_applied_and_senders_of_the_old_one_go_on(hub: RunningHub) -> None:
    """New senders come in at the new port; those connected to the old one are stored from as before."""
    port = free_port()
    with Node(hub.endpoint) as old, Node(f"tcp://127.0.0.1:{port}") as new:
        assert old.send("Old P1|jpg|") == "OK"
        reload_and_wait(hub, port=port)
        assert hub.status()["endpoint"] == f"tcp://127.0.0.1:{port}"
        assert new.send("New P1|jpg|") == "OK"
        assert old.send("Old P1|jpg|") == "OK"
    assert len(hub.images()) == 3


def reload_under_load(hub: RunningHub, change: dict[str, Any]) -> Ledger:
    """Make a change and take it back under 16 stock senders; return their ledger once each of them went on."""
    ledger = Ledger(hub.endpoint, senders=16, rate=0.0)
    ledger.start()
    for settings in (change, {}, change):
        ledger.wait_for(50)
        reload_and_wait(hub, **{"max_images_write": 10_000_000} | settings)
    goals = [(sender, len(sender.acknowledged) + 2) for sender in ledger.senders]
    until(lambda: all(len(sender.acknowledged) >= goal for sender, goal in goals), "every sender to go on")
    assert ledger.finish() == 0
    hub.stop()
    return ledger


@pytest.mark.parametrize(
    "change",
    [{"max_message_bytes": 1 << 20}, {"queuemax": 3}, {"allow_addresses": ["127.0.0.1"]}, {"durability": "written"}],
    ids=["max_message_bytes", "queuemax", "allow_addresses", "durability"],
)
def test_senders_under_way_notice_nothing(hub: RunningHub, change: dict[str, Any]) -> None:
    """A reload under load: no sender hangs, none is refused, and exactly what was acknowledged is stored."""
    ledger = reload_under_load(hub, change)
    assert ledger.refused() == set()
    assert ledger.acknowledged() == set(digests(hub.images()))
    assert check.check(hub.data).differences == []


def test_senders_under_way_survive_another_address(hub: RunningHub) -> None:
    """A new `bind_address` cuts all connections: no sender hangs, and what was acknowledged is stored."""
    ledger = reload_under_load(hub, {"bind_address": "0.0.0.0"})
    assert ledger.acknowledged() <= set(digests(hub.images()))
    assert check.check(hub.data).differences == []


def test_what_waits_for_a_restart_is_said(hub: RunningHub) -> None:
    """Settings that no reload changes are named, and the others of the same file are applied."""
    reload_and_wait(hub, data_directory="elsewhere", metrics_port=free_port(), max_images_write=7)
    until(told(hub, "these wait for a restart: data_directory, metrics_port"), "the names of those that wait")
    with Node(hub.endpoint) as node:
        assert node.send("Barn P1|jpg|") == "OK"
    assert len(hub.images()) == 1
    assert not (hub.folder / "elsewhere").exists()


def test_a_file_with_faults_changes_nothing(hub: RunningHub) -> None:
    """Each fault is said, the settings in use stay, and the next sound file is applied."""
    reload(hub, max_images_write=1, durability="perhaps", portt=1)
    until(told(hub, "not reloaded, the settings in use stay: "), "the refusal")
    assert "hub.durability: expected synced or written, got perhaps" in hub.output()
    assert "hub.portt: unknown setting; did you mean hub.port?" in hub.output()
    with Node(hub.endpoint) as node:
        assert [node.send("Barn P1|jpg|") for _ in range(2)] == ["OK", "OK"]
        reload_and_wait(hub, max_images_write=2)
        assert node.send("Barn P1|jpg|") == "NOT STORED daily limit"


def test_a_port_that_is_taken_changes_nothing(hub: RunningHub) -> None:
    """A new port that another program has is said; the hub goes on at the old one, with the process it had."""
    store = hub.status()["pid"]
    with socket.create_server(("127.0.0.1", 0)) as other, Node(hub.endpoint) as node:
        taken = other.getsockname()[1]
        reload(hub, port=taken)
        until(told(hub, f"hub.port: can't listen on tcp://127.0.0.1:{taken}"), "the fault in the log")
        assert node.send("Barn P1|jpg|") == "OK"
        status = hub.status()
        assert (status["endpoint"], status["pid"]) == (hub.endpoint, store)
    with Node(hub.endpoint) as newcomer:
        assert newcomer.send("Barn P2|jpg|") == "OK"


@pytest.mark.parametrize("more", [{}, {"curve_keys_directory": "keys"}], ids=["alone", "with keys"])
def test_an_address_that_is_not_this_machines_changes_nothing(hub: RunningHub, more: dict[str, str]) -> None:
    """A new address that can't be bound is said; senders, old ones and new ones, still reach the hub at the old one."""
    keys.new("hub", hub.folder / "keys")
    with Node(hub.endpoint) as node:
        assert node.send("Barn P1|jpg|") == "OK"
        reload(hub, bind_address=NOT_OURS, **more)
        until(told(hub, f"can't listen on tcp://{NOT_OURS}:{hub.port}"), "the fault in the log")
        with Node(hub.endpoint) as newcomer:
            assert newcomer.send("Barn P2|jpg|") == "OK"
        assert hub.status()["endpoint"] == hub.endpoint


def test_keys_that_are_missing_change_nothing(hub: RunningHub) -> None:
    """A folder of keys without the hub's own is said; the hub goes on as it was, with the process it had."""
    store = hub.status()["pid"]
    with Node(hub.endpoint) as node:
        reload(hub, curve_keys_directory="keys", max_images_write=1)
        until(told(hub, "make the hub's keys with: imagehub keys new hub"), "the fault in the log")
        assert node.send("Barn P1|jpg|") == "OK"
        assert hub.status()["pid"] == store
    with Node(hub.endpoint) as newcomer:
        assert newcomer.send("Barn P2|jpg|") == "OK"


@pytest.fixture
def stuck_disk() -> Iterator[VolatileDisk]:
    """A disk whose flushes take longer than a test lasts, until it is healed."""
    require_volatile_disk()
    with VolatileDisk() as disk:
        yield disk


def test_a_request_outlasts_many_reloads(tmp_path: Path, stuck_disk: VolatileDisk) -> None:
    """A request that waits for a stuck disk while settings are read again and again is told OK, and stored once."""
    places = {"data_directory": str(stuck_disk.mount_point / "data"), "runtime_directory": str(tmp_path / "run")}
    with running_hub(tmp_path, None, **places) as hub, Node(hub.endpoint) as node, ExitStack() as stack:
        stuck_disk.stall_fsync(STUCK_SECONDS)
        stack.callback(stuck_disk.heal)
        replies: list[str] = []
        waiting = threading.Thread(target=lambda: replies.append(node.send("Barn P1|jpg|")))
        waiting.start()
        until(lambda: hub.status()["queue"]["waiting"], "the request to arrive")
        for limit in range(RELOADS):
            reload_and_wait(hub, max_images_write=1000 + limit, **places)
        assert replies == []
        stuck_disk.heal()
        waiting.join(DEADLINE_SECONDS)
        assert replies == ["OK"]
        assert len(hub.images()) == len(hub.journal()) == 1
