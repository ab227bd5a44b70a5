"""Prometheus reads the hub's counts, and health checks learn whether it stores."""

import http.client
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from hubdata import sized_event, sized_image
from imagehub.errors import MissingExtraError, SettingsError
from imagehub.metrics import ACK_BUCKETS_SECONDS, Metrics
from imagehub.testing import FakeClock
from imagehub.wire import camera
from requirements_here import require

try:
    from prometheus_client import Metric
    from prometheus_client.parser import text_string_to_metric_families

    from imagehub import exposition

    installed = True
except ImportError:
    installed = False

SECONDS = 10.0
BARN = camera("Barn P1")


@pytest.fixture(autouse=True)
def _extra() -> None:
    require(installed, "the extra metrics: prometheus-client")


class Bench:
    """Metrics, a status, and the server that shows them."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.metrics = Metrics(clock.now, clock.monotonic)
        self.status: dict[str, Any] = {
            "version": "1.2.3", "durability": "synced", "state": "ready", "reason": None, "uptime_seconds": 17.5,
            "queue": {"waiting": 3}, "disk": {"free_bytes": 1 << 40, "total_bytes": 1 << 41},
        }  # fmt: skip
        self.server: ThreadingHTTPServer | None = None

    def get(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        """Return status code, content type and text of a page."""
        if self.server is None:
            self.server = exposition.serve("127.0.0.1", 0, self.metrics, lambda: self.status)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=SECONDS)
        try:
            connection.request(method, path)
            with connection.getresponse() as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        finally:
            connection.close()

    def families(self) -> "dict[str, Metric]":
        """Return what Prometheus reads, by name."""
        code, _, text = self.get("/metrics")
        assert code == 200
        return {family.name: family for family in text_string_to_metric_families(text)}

    def values(self) -> dict[tuple[str, ...], float]:
        """Return every sample, by its name and its labels' values in the order of their names."""
        found = [sample for family in self.families().values() for sample in family.samples]
        values = {(each.name, *(value for _, value in sorted(each.labels.items()))): each.value for each in found}
        assert len(values) == len(found), "Prometheus drops series that come twice"
        return values

    def close(self) -> None:
        """End the server."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A server on a port of its own."""
    bench = Bench()
    yield bench
    bench.close()


def test_each_camera_has_its_counts(bench: Bench) -> None:
    """Images, bytes, events, refusals and passed over images, with node and view as labels."""
    bench.metrics.stored([sized_image(BARN, 1000, "Barn P1|jpg|")])
    bench.metrics.stored([sized_image(BARN, 500, "Barn P1|jpg|")])
    bench.metrics.stored([sized_event(camera("Gate"), 9, "Gate|motion|moving")])
    bench.metrics.refused(BARN, "refused")
    bench.metrics.passed_over(BARN)
    assert (
        bench.values().items()
        >= {
            ("imagehub_images_received_total", "Barn", "P1"): 2,
            ("imagehub_images_received_bytes_total", "Barn", "P1"): 1500,
            ("imagehub_events_received_total", "Gate", ""): 1,
            ("imagehub_refused_total", "Barn", "P1"): 1,
            ("imagehub_passed_over_total", "Barn", "P1"): 1,
            ("imagehub_last_seen_timestamp_seconds", "Barn", "P1"): 1773480413.589793,
            ("imagehub_not_stored_total", "refused"): 1,
        }.items()
    )


def test_two_spellings_of_a_camera_are_one_series(bench: Bench) -> None:
    """A name with two spaces and one with one have the same labels; the page has each series once."""
    bench.metrics.stored([sized_image(camera("Barn  P1"), 1, "Barn  P1|jpg|")])
    bench.metrics.stored([sized_image(BARN, 1, "Barn P1|jpg|")])
    assert bench.values()["imagehub_images_received_total", "Barn", "P1"] == 2


def test_names_of_any_script_are_labels(bench: Bench) -> None:
    """What is allowed as a name is read back as it was sent."""
    names = ["गौशाला द्वार", "谷仓 前门", "حظيرة الباب", "Barn_2.v-3 north gate"]
    for name in names:
        bench.metrics.stored([sized_image(camera(name), 1, f"{name}|jpg|")])
    shown = {" ".join(key[1:]) for key in bench.values() if key[0] == "imagehub_images_received_total"}
    assert shown == set(names)


def test_acknowledgements_are_a_histogram(bench: Bench) -> None:
    """Buckets add up, the last is the count, and the sum is in seconds."""
    for seconds in (0.0005, 0.003, 0.003, 100.0):
        bench.metrics.acknowledged([(BARN, seconds)])
    family = bench.families()["imagehub_ack_seconds"]
    assert family.type == "histogram"
    buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
    assert [float(sample.labels["le"]) for sample in buckets] == [*ACK_BUCKETS_SECONDS, float("inf")]
    assert [sample.value for sample in buckets] == [1, 1, *[3] * (len(ACK_BUCKETS_SECONDS) - 2), 4]
    values = bench.values()
    assert values[("imagehub_ack_seconds_count",)] == 4
    assert values[("imagehub_ack_seconds_sum",)] == pytest.approx(100.0065)


def test_the_state_is_shown(bench: Bench) -> None:
    """Queue, uptime, disk, version, and whether messages are stored."""
    bench.metrics.repeated()
    assert (
        bench.values().items()
        >= {
            ("imagehub_ready",): 1,
            ("imagehub_queue_requests",): 3,
            ("imagehub_uptime_seconds",): 17.5,
            ("imagehub_disk_free_bytes",): 1 << 40,
            ("imagehub_disk_total_bytes",): 1 << 41,
            ("imagehub_info", "synced", "1.2.3"): 1,
            ("imagehub_repeats_total",): 1,
        }.items()
    )
    bench.status["state"] = "full"
    assert bench.values()[("imagehub_ready",)] == 0


def test_every_metric_says_what_it_is(bench: Bench) -> None:
    """Each has a help text and a type, and its name begins with the product's and ends with its unit."""
    bench.metrics.stored([sized_image(BARN, 1, "Barn P1|jpg|")])
    for name, family in bench.families().items():
        assert family.documentation
        assert family.type in {"counter", "gauge", "histogram"}
        assert name.startswith("imagehub_")


def test_the_page_has_the_type_that_prometheus_asks_for(bench: Bench) -> None:
    """The text format is announced with its version."""
    assert bench.get("/metrics")[1] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize(
    ("state", "reason", "page"),
    [
        ("ready", None, (200, "ready\n")),
        ("full", "disk full", (503, "disk full\n")),
        ("unhealthy", "disk error: Input/output error", (503, "disk error: Input/output error\n")),
        ("starting", None, (503, "starting\n")),
        ("draining", None, (503, "draining\n")),
    ],
)
def test_ready_means_storing(bench: Bench, state: str, reason: str | None, page: tuple[int, str]) -> None:
    """`/readyz` is 200 while messages are stored, else 503 with the reason; `/healthz` is 200 all the while."""
    bench.status |= {"state": state, "reason": reason}
    code, _, text = bench.get("/readyz")
    assert (code, text) == page
    assert bench.get("/healthz")[::2] == (200, "alive\n")


def test_a_query_behind_the_path_makes_no_difference(bench: Bench) -> None:
    """Prometheus can be told to send parameters."""
    assert bench.get("/metrics?team=farm")[0] == bench.get("/readyz?verbose")[0] == 200


def test_other_pages_are_pointed_out(bench: Bench) -> None:
    """Who comes to the wrong page learns the right ones."""
    assert bench.get("/")[::2] == (404, "/metrics, /healthz and /readyz are here\n")


def test_only_reading_is_possible(bench: Bench) -> None:
    """There is nothing to send to this port."""
    assert bench.get("/metrics", "POST")[0] == 501


def test_a_client_that_says_nothing_holds_nobody_up(bench: Bench) -> None:
    """A connection left open does not keep Prometheus from its page."""
    assert bench.get("/healthz")[0] == 200
    assert bench.server is not None
    address = ("127.0.0.1", bench.server.server_address[1])
    with socket.create_connection(address, SECONDS), socket.create_connection(address, SECONDS):
        assert bench.get("/healthz")[0] == 200


def test_counting_goes_on_while_a_page_is_made(bench: Bench) -> None:
    """New cameras and new reasons that come up meanwhile spoil no page."""
    enough = threading.Event()

    def count() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            bench.metrics.stored([sized_image(camera(f"Barn{number % 500}"), 1, "|")])
            bench.metrics.refused(None, f"reason {number % 500}")

    thread = threading.Thread(target=count)
    thread.start()
    try:
        for _ in range(10):
            assert bench.values()[("imagehub_ready",)] == 1
    finally:
        enough.set()
        thread.join()


def test_a_port_that_is_taken_is_a_fault_of_the_settings(bench: Bench) -> None:
    """The error names the setting, the address and the cause."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"metrics_port: can't listen on 127.0.0.1:{port}: Address already in"):
            exposition.serve("127.0.0.1", port, bench.metrics, lambda: bench.status)


def test_no_name_server_is_asked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A datasink without a name server starts as quickly as another."""
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("asked for a name"))
    assert bench.get("/healthz")[0] == 200


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that needs an optional part says which, and how to get it."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "imagehub.exposition")
    with pytest.raises(MissingExtraError, match=r"hub\.metrics_port .* pip install 'imagehub\[metrics\]'"):
        import imagehub.exposition as _  # noqa: F401
