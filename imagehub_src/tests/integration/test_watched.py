"""What others see of a hub: Prometheus, health checks, systemd, the status and the event log."""

import importlib.util
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import zmq

from integration.disks.loop_disk import LoopDisk
from integration.disks.requirements import require_loop_disk, require_volatile_disk
from integration.disks.volatile_disk import VolatileDisk
from requirements_here import require
from running import DEADLINE_SECONDS, JPEG, Node, RunningHub, free_port, running_hub, until

if TYPE_CHECKING:
    from prometheus_client import Metric

PAGE = Path(__file__).parents[3] / "docs" / "ref" / "metrics.md"
# A hub that is well says so once a second.
SILENCE_SECONDS = 4.0
LONGEST_STALL_SECONDS = 90.0

NODE = {
    "node": str, "view": str, "last_seen": str, "silent_seconds": float, "images_today": int, "events_today": int,
    "bytes_today": int, "images_per_second": float, "ack_p99_seconds": float, "refused": int, "passed_over": int,
    "last_event": str,
}  # fmt: skip
DOCUMENT = {
    "version": str, "front_version": str, "pid": int, "uptime_seconds": float, "state": str, "reason": type(None),
    "endpoint": str, "durability": str, "data_directory": str,
    "queue": {"waiting": int, "limit": int},
    "ack": {"count": int, "p50_seconds": float, "p99_seconds": float},
    "disk": {"free_bytes": int, "total_bytes": int},
    "today": {"images": int, "events": int, "bytes": int, "refused": int, "images_limit": int},
    "nodes": [NODE],
}  # fmt: skip


def shape(value: Any) -> Any:
    """Return a document with types in place of its values; a list stands for the first item's."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value[:1]] if isinstance(value, list) else type(value)


def get(port: int, path: str) -> tuple[int, str]:
    """Return status code and text of a page of the metrics port."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=DEADLINE_SECONDS) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def families(port: int) -> "dict[str, Metric]":
    """Return what Prometheus would read, by the names that it would show."""
    from prometheus_client.parser import text_string_to_metric_families

    found = list(text_string_to_metric_families(get(port, "/metrics")[1]))
    return {f"{family.name}_total" if family.type == "counter" else family.name: family for family in found}


@pytest.fixture
def metrics_port() -> int:
    """A free port, where a hub could serve metrics."""
    require(importlib.util.find_spec("prometheus_client"), "no metrics without the package prometheus-client")
    return free_port()


def test_prometheus_reads_the_right_counts(tmp_path: Path, metrics_port: int) -> None:
    """Images, bytes, events and refusals of each camera, refusals by reason, and every acknowledgement."""
    with running_hub(tmp_path, metrics_port=metrics_port, max_images_write=4) as hub, Node(hub.endpoint) as node:
        for text, count in (
            ("Barn P1|jpg|", 3),
            ("Barn P2|jpg|", 1),
            ("Barn|motion|moving", 2),
            ("Barn|Heartbeat|", 1),
        ):
            assert {node.send(text) for _ in range(count)} == {"OK"}
        assert node.send("Barn P1|jpg|") == "NOT STORED daily limit"
        assert node.send("Barn P1|jpg|", b"GIF89a").startswith("NOT STORED the image is not a JPEG")
        found = families(metrics_port)
    values = {
        (sample.name, sample.labels.get("view", sample.labels.get("reason"))): sample.value
        for family in found.values()
        for sample in family.samples
        if sample.labels.get("node", "Barn") == "Barn"
    }
    assert (
        values.items()
        >= {
            ("imagehub_images_received_total", "P1"): 3,
            ("imagehub_images_received_total", "P2"): 1,
            ("imagehub_images_received_bytes_total", "P1"): 3 * len(JPEG),
            ("imagehub_events_received_total", ""): 2,
            ("imagehub_refused_total", "P1"): 2,
            ("imagehub_not_stored_total", "daily limit"): 1,
            ("imagehub_not_stored_total", "refused"): 1,
            ("imagehub_ack_seconds_count", None): 9,
            ("imagehub_ready", None): 1,
            ("imagehub_queue_requests", None): 0,
            ("imagehub_repeats_total", None): 0,
            ("imagehub_info", None): 1,
        }.items()
    )


def test_the_page_on_metrics_has_every_metric(tmp_path: Path, metrics_port: int) -> None:
    """The documents name the metrics that are served, with their types, and no other."""
    page = PAGE.read_text().splitlines()
    rows = [line.split("|") for line in page if re.match(r"\| `imagehub_(?!librarian_)", line)]
    documented = {(name, row[2].strip()) for row in rows for name in re.findall(r"`(imagehub_\w+)`", row[1])}
    with running_hub(tmp_path, metrics_port=metrics_port):
        served = {(name, family.type) for name, family in families(metrics_port).items()}
    assert served == documented


def test_other_pages_are_pointed_out(tmp_path: Path, metrics_port: int) -> None:
    """A path that is none gets 404 and the names of the three that are."""
    with running_hub(tmp_path, metrics_port=metrics_port):
        assert get(metrics_port, "/") == (404, "/metrics, /healthz and /readyz are here\n")


def test_health_checks_tell_living_from_storing(tmp_path: Path, metrics_port: int) -> None:
    """While the disk is full `/healthz` stays 200 and `/readyz` is 503 with the reason; with space it is 200 again."""
    require_loop_disk()
    with LoopDisk(size_mib=32) as disk, running_hub(tmp_path, **on(disk, tmp_path), metrics_port=metrics_port) as hub:
        assert get(metrics_port, "/healthz") == (200, "alive\n")
        assert get(metrics_port, "/readyz") == (200, "ready\n")
        disk.fill()
        with Node(hub.endpoint) as node:
            assert node.send("Barn P1|jpg|", JPEG.ljust(100_000)) == "NOT STORED disk full"
        assert get(metrics_port, "/readyz") == (503, "disk full\n")
        assert get(metrics_port, "/healthz") == (200, "alive\n")
        disk.free()
        until(lambda: get(metrics_port, "/readyz") == (200, "ready\n"), "the hub to find that there is space")


def on(disk: LoopDisk | VolatileDisk, folder: Path) -> dict[str, Any]:
    """Return the settings of a hub whose data lies on that disk, its sockets elsewhere."""
    return {"data_directory": str(disk.mount_point / "data"), "runtime_directory": str(folder / "run")}


class ServiceManager:
    """Hears what a service tells systemd (sd_notify(3))."""

    def __init__(self, path: Path) -> None:
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "2000000"}
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def __enter__(self) -> Self:
        self._socket.bind(str(self._path))
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def hear(self, seconds: float = DEADLINE_SECONDS) -> list[str] | None:
        """Return the lines of the next message; None if none comes in time."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(4096).decode().splitlines()
        except TimeoutError:
            return None

    def wait_for(self, line: str) -> list[str]:
        """Return the first message that has this line."""
        return until(lambda: self._with(line), line)

    def _with(self, line: str) -> list[str] | None:
        lines = self.hear() or []
        return lines if line in lines else None


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[ServiceManager]:
    """What listens at NOTIFY_SOCKET."""
    with ServiceManager(tmp_path / "notify") as manager:
        yield manager


def test_systemd_is_told_each_step_of_a_life(tmp_path: Path, systemd: ServiceManager) -> None:
    """The status while it starts, READY=1 with the endpoint, WATCHDOG=1 again and again, STOPPING=1 at the end."""
    with running_hub(tmp_path, systemd.environment) as hub:
        first = systemd.hear()
        assert first == ["STATUS=recovering the data directory"]
        assert systemd.wait_for("READY=1") == ["READY=1", f"STATUS=listening on {hub.endpoint}"]
        for _ in range(3):
            systemd.wait_for("WATCHDOG=1")
        hub.stop()
        systemd.wait_for("STOPPING=1")


@pytest.mark.timeout(180)
def test_a_stuck_disk_ends_the_watchdogs_signs_of_life(tmp_path: Path, systemd: ServiceManager) -> None:
    """While a flush does not come back for long WATCHDOG=1 stops, so that systemd can act; afterwards it goes on."""
    require_volatile_disk()
    with (
        VolatileDisk() as disk,
        running_hub(tmp_path, systemd.environment, **on(disk, tmp_path)) as hub,
        ExitStack() as stack,
    ):
        replies: list[str] = []
        waiting = threading.Thread(target=lambda: replies.append(send(hub)), daemon=True)
        disk.stall_fsync(2 * LONGEST_STALL_SECONDS)
        stack.callback(disk.heal)
        waiting.start()
        until(lambda: systemd.hear(SILENCE_SECONDS) is None, "the signs of life to stop", LONGEST_STALL_SECONDS)
        disk.heal()
        systemd.wait_for("WATCHDOG=1")
        waiting.join(DEADLINE_SECONDS)
        assert replies == ["OK"]


def send(hub: RunningHub) -> str:
    """Send an image and wait for its reply as long as a stock sender does."""
    sender: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.REQ)
    with sender:
        sender.linger = 0
        sender.connect(hub.endpoint)
        sender.send_multipart([b'{"msg": "Barn P1|jpg|"}', JPEG])
        return sender.recv().decode()


def occurrences(hub: RunningHub, text: str) -> int:
    """Return how often the event log has a text."""
    log = hub.data / "logs" / "imagehub.log"
    return log.read_text().count(f" ~ {text}\n") if log.exists() else 0


def is_told(hub: RunningHub, text: str, times: int) -> bool:
    """Tell whether the event log has a text so many times."""
    return occurrences(hub, text) >= times


ALL_SILENT = "No messages received for 0.01 minutes."
BARN_SILENT = "Barn P1 has been silent for 0.01 minutes."


def test_a_quiet_hub_and_a_quiet_node_are_logged(tmp_path: Path) -> None:
    """After `patience` the event log says again and again that nobody sent, and once that a camera fell silent."""
    with running_hub(tmp_path, patience=0.01) as hub, Node(hub.endpoint) as node:
        for times in (1, 2):
            assert node.send("Barn P1|jpg|") == "OK"
            until(partial(is_told, hub, BARN_SILENT, times), "the silence of the camera")
            until(
                partial(is_told, hub, ALL_SILENT, occurrences(hub, ALL_SILENT) + 2),
                "the silence of all, two times more",
            )
            assert occurrences(hub, BARN_SILENT) == times


def test_a_hub_that_was_never_sent_to_says_so(tmp_path: Path) -> None:
    """A hub without any sender says that nobody sends, and names no camera."""
    with running_hub(tmp_path, patience=0.01) as hub:
        until(partial(occurrences, hub, ALL_SILENT), "the silence of all")
        assert "silent" not in (hub.data / "logs" / "imagehub.log").read_text()


def test_the_status_has_every_key(tmp_path: Path) -> None:
    """The document has the keys and types that people read it by, and the counts are right."""
    with running_hub(tmp_path) as hub, Node(hub.endpoint) as node:
        for text in ("Barn P1|jpg|", "Barn P1|motion|moving", "Barn P1|Heartbeat|"):
            assert node.send(text) == "OK"
        # A reply is counted when it has left, so its sender may be quicker than the count.
        until(lambda: hub.status()["ack"]["count"] == 3, "the count of all replies")
        status = hub.status()
    assert shape(status) == DOCUMENT
    assert (status["state"], status["durability"], status["endpoint"]) == ("ready", "synced", hub.endpoint)
    assert status["data_directory"] == str(hub.data)
    assert (status["queue"], status["ack"]["count"]) == ({"waiting": 0, "limit": 500}, 3)
    assert status["today"] == {
        "images": 1, "events": 1, "bytes": len(JPEG), "refused": 0, "images_limit": 10_000_000,
    }  # fmt: skip
    (row,) = status["nodes"]
    assert (row["node"], row["view"], row["images_today"], row["events_today"]) == ("Barn", "P1", 1, 1)
    assert row["last_event"] == "motion|moving"
    assert datetime.fromisoformat(row["last_seen"]).tzinfo is not None
    assert 0 < status["disk"]["free_bytes"] <= status["disk"]["total_bytes"]
