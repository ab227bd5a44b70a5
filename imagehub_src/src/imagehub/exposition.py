"""The hub for Prometheus and health checks: `/metrics`, `/healthz` (it lives), `/readyz` (it stores).

Needs the extra `metrics`.
"""

import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from imagehub.errors import MissingExtraError, SettingsError
from imagehub.metrics import ACK_BUCKETS_SECONDS, Metrics
from imagehub.status import Document

try:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
    from prometheus_client.metrics_core import Metric
except ImportError as missing:
    raise MissingExtraError("hub.metrics_port", "metrics") from missing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class HubCollector:
    """Gives the hub's counts to prometheus_client at the time they are asked for."""

    def __init__(self, metrics: Metrics, document: Callable[[], Document]) -> None:
        self._metrics = metrics
        self._document = document

    def collect(self) -> Iterable[Metric]:
        """Yield every metric; docs/ref/metrics.md explains them."""
        yield from self._per_camera()
        yield from self._totals()
        yield from self._state(self._document())

    def _per_camera(self) -> Iterable[Metric]:
        labels = ["node", "view"]
        images = CounterMetricFamily("imagehub_images_received", "Images stored.", labels=labels)
        size = CounterMetricFamily("imagehub_images_received_bytes", "Bytes of images stored.", labels=labels)
        events = CounterMetricFamily("imagehub_events_received", "Events stored.", labels=labels)
        refused = CounterMetricFamily("imagehub_refused", "Messages of a camera answered NOT STORED.", labels=labels)
        passed = CounterMetricFamily("imagehub_passed_over", "Published images that made way for newer.", labels=labels)
        seen = GaugeMetricFamily("imagehub_last_seen_timestamp_seconds", "When a camera last sent.", labels=labels)
        for row in self._metrics.rows():
            who = [row.camera.node, row.camera.view]
            images.add_metric(who, row.total.images)
            size.add_metric(who, row.total.bytes)
            events.add_metric(who, row.total.events)
            refused.add_metric(who, row.total.refused)
            passed.add_metric(who, row.passed_over)
            seen.add_metric(who, row.last_seen.timestamp())
        return [images, size, events, refused, passed, seen]

    def _totals(self) -> Iterable[Metric]:
        metrics = self._metrics
        reasons = CounterMetricFamily("imagehub_not_stored", "Messages answered NOT STORED.", labels=["reason"])
        for reason, count in sorted(metrics.not_stored.items()):
            reasons.add_metric([reason], count)
        yield reasons
        yield CounterMetricFamily("imagehub_repeats", "Requests recognised as stored before.", value=metrics.repeats)
        commands = metrics.commands_handed_over
        yield CounterMetricFamily(
            "imagehub_commands_handed_over", "Commands that nodes got with a reply.", value=commands
        )
        total, buckets = 0, []
        for edge, count in zip((*map(str, ACK_BUCKETS_SECONDS), "+Inf"), metrics.ack_buckets, strict=True):
            total += count
            buckets.append((edge, total))
        ack = HistogramMetricFamily("imagehub_ack_seconds", "From a request's arrival to its reply.")
        ack.add_metric([], buckets, metrics.ack_sum_seconds)
        yield ack

    def _state(self, document: Document) -> Iterable[Metric]:
        gauges = {
            "imagehub_ready": ("1 while messages are stored.", document["state"] == "ready"),
            "imagehub_queue_requests": ("Requests not answered yet.", document["queue"]["waiting"]),
            "imagehub_uptime_seconds": ("Since the store process started.", document["uptime_seconds"]),
            "imagehub_disk_free_bytes": ("Free where the data lies.", document["disk"]["free_bytes"]),
            "imagehub_disk_total_bytes": ("Size of where the data lies.", document["disk"]["total_bytes"]),
        }
        for name, (text, value) in gauges.items():
            yield GaugeMetricFamily(name, text, value=float(value))
        info = GaugeMetricFamily("imagehub_info", "Version and durability.", labels=["version", "durability"])
        info.add_metric([document["version"], document["durability"]], 1)
        yield info


def serve(address: str, port: int, metrics: Metrics, document: Callable[[], Document]) -> ThreadingHTTPServer:
    """Serve the three pages in threads of their own; raise SettingsError if the port can't be had."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HubCollector(metrics, document))
    handler = type("Handler", (_Handler,), {"registry": registry, "document": staticmethod(document)})
    try:
        server = _Server((address, port), handler)
    except OSError as error:
        raise SettingsError([f"hub.metrics_port: can't listen on {address}:{port}: {error.strerror}"]) from error
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking for the host's name, which takes long where there is no name server."""
        TCPServer.server_bind(self)


class _Handler(BaseHTTPRequestHandler):
    registry: Any
    document: Callable[[], Document]
    server_version = "imagehub"
    timeout = 10

    def do_GET(self) -> None:
        page = self.path.partition("?")[0]
        if page == "/metrics":
            self._send(200, generate_latest(self.registry), CONTENT_TYPE)
        elif page == "/healthz":
            self._send(200, b"alive\n")
        elif page == "/readyz":
            document = self.document()
            ready = document["state"] == "ready"
            self._send(200 if ready else 503, f"{document['reason'] or document['state']}\n".encode())
        else:
            self._send(404, b"/metrics, /healthz and /readyz are here\n")

    def _send(self, code: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it so
        """Keep quiet: a scrape every 15 seconds is no event."""
