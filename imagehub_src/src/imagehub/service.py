"""The store process: the parts of the hub put together, started, watched and stopped."""

import json
import logging
import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, tzinfo
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import zmq

from imagehub import __version__, commands, failpoints, flush, link, logs
from imagehub import settings as settings_file
from imagehub.errors import DataDirectoryError, ImagehubError, LinkError, SettingsError
from imagehub.eventlog import FOLDER as LOGS
from imagehub.eventlog import EventLog
from imagehub.hub import Hub
from imagehub.images import FOLDER as IMAGES
from imagehub.journal import FOLDER as JOURNAL
from imagehub.journal import Journal
from imagehub.lock import DataDirectoryLock
from imagehub.metrics import Metrics
from imagehub.minder import Minder
from imagehub.notify import Notifier
from imagehub.publishing import Publisher
from imagehub.recovery import recover
from imagehub.settings import Settings
from imagehub.status import Document, StatusServer
from imagehub.store import DISK_FULL, Store
from imagehub.subscriptions import Subscriptions
from imagehub.transport import endpoint, is_private
from imagehub.wakeup import Wakeup

log = logging.getLogger(__name__)

HELLO_SECONDS = 10.0
PUBLISHED_AT_ONCE = 64
SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


def local_now() -> datetime:
    """Return the time here and now, with its UTC offset."""
    now = time.time()
    return datetime.fromtimestamp(now, _zone(int(now // 60)))


@lru_cache(maxsize=1)
def _zone(minute: int) -> tzinfo | None:
    # Offsets change at full minutes only, and asking the system for them is slow.
    return datetime.fromtimestamp(minute * 60, UTC).astimezone().tzinfo


def open_store(settings: Settings, metrics: Metrics, clock: Callable[[], datetime] = local_now) -> Store:
    """Recover the data directory and return its store; the caller holds the directory's lock.

    Raises:
        DataDirectoryError: the directory can't be read or written.
    """
    root = settings.data_directory
    try:
        recovered = recover(root, clock(), metrics.replay)
        make_stable = flush.choose([root / name for name in (IMAGES, LOGS, JOURNAL)])
        make_stable(recovered.unflushed)
        journal = Journal(root / JOURNAL, recovered.position)
        if recovered.position is not None:
            journal.commit(recovered.position)
    except OSError as error:
        raise DataDirectoryError(f"can't use the data directory {root}: {error}") from error
    for finding in recovered.findings:
        log.warning("recovery: %s", finding)
    return Store(
        root,
        journal,
        EventLog(root / LOGS),
        make_stable,
        clock,
        recovered.images_today,
        recovered.remembered,
    )


class Service:
    """One life of the store process, from the lock to the last reply."""

    def __init__(self, settings: Settings, settings_path: Path | None, connect: Callable[[], socket.socket]) -> None:
        """`connect` returns a stream to the front; `settings_path` is what SIGHUP reads again."""
        self._settings = settings
        self._settings_path = settings_path
        self._connect = connect
        self._notifier = Notifier()
        self._started = time.monotonic()
        self._state = "starting"
        self._stopping = False
        self._wakeup = Wakeup()
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT.

        Raises:
            ImagehubError: it can't start, or can't go on; another process may take over where it ended.
        """
        with ExitStack() as stack:
            stack.enter_context(DataDirectoryLock(self._settings.data_directory))
            self._open(stack)
            self._loop()
            self._drain()
            # Only after a sound end: the mark that it leaves spares the next start a look at every file.
            self._store.close()
        log.info("stopped; all that was acknowledged is stored")

    def _open(self, stack: ExitStack) -> None:
        settings = self._settings
        self._wakeup.on_signals(SIGNALS)
        self._metrics = Metrics(local_now)
        self._notifier.tell("STATUS=recovering the data directory")
        self._store = open_store(settings, self._metrics)
        self._stable = self._store.flush
        self._link, hello = self._greet()
        stack.callback(self._link.close)
        context = stack.enter_context(zmq.Context())
        publisher = self._open_publisher(context, stack)
        reply = partial(_reply, self._link)
        self._hub = Hub(settings, self._store, self._metrics, reply, self._memory, hello["epoch"], publisher)
        self._hub.commands = commands.Queue(settings.data_directory)
        self._minder = Minder(self._hub, self._notifier)
        self._subscriptions = Subscriptions(context, settings.max_message_bytes, self._metrics, self._wakeup.wake)
        self._subscriptions.start(settings.subscribe)
        stack.callback(self._subscriptions.close)
        self._apply(settings)
        self._open_watching(stack)
        self._committer = threading.Thread(target=self._guard, args=(self._hub.commit_until_stopped,), daemon=True)
        self._committer.start()
        self._ask_to_listen(self._door(settings))

    def _greet(self) -> tuple[link.Connection, dict[str, Any]]:
        connection = link.Connection(self._connect())
        hello, descriptor = connection.greeting(HELLO_SECONDS)
        if hello.get("protocol") != link.PROTOCOL:
            raise LinkError(
                f"the front (imagehub {hello.get('version')}) speaks another protocol than this store process "
                f"(imagehub {__version__}): restart the front (systemctl restart imagehub-front)"
            )
        self._memory = memoryview(link.map_region(descriptor))
        os.close(descriptor)
        self._front_version = hello["version"]
        return connection, hello

    def _open_publisher(self, context: zmq.Context[zmq.Socket[bytes]], stack: ExitStack) -> Publisher | None:
        if self._settings.publish_port is None:
            return None
        publisher = Publisher(context, endpoint(self._settings.bind_address, self._settings.publish_port))
        stack.callback(publisher.close)
        return publisher

    def _open_watching(self, stack: ExitStack) -> None:
        status = StatusServer(self._settings.runtime_directory, self.document)
        try:
            status.start()
        except OSError as error:
            raise SettingsError(
                [f"hub.runtime_directory: can't hold a local socket at {self._settings.runtime_directory}: {error}"]
            ) from error
        stack.callback(status.close)
        if self._settings.metrics_port is not None:
            from imagehub import exposition

            address, port = self._settings.metrics_address, self._settings.metrics_port
            server = exposition.serve(address, port, self._metrics, self.document)
            stack.callback(server.shutdown)

    def _apply(self, settings: Settings) -> None:
        """Let the settings that can change at run time take effect."""
        logs.set_level(settings.log_level)
        self._hub.settings = settings
        self._store.max_images_a_day = settings.max_images_write
        self._store.flush = self._stable if settings.durability == "synced" else None
        self._subscriptions.connect(settings.subscribe)
        self._settings = settings

    def _door(self, settings: Settings) -> dict[str, Any]:
        """Return what the front has to know; raise ImagehubError when the keys can't be read."""
        return {
            "endpoint": endpoint(settings.bind_address, settings.port),
            "max_message_bytes": settings.max_message_bytes,
            "queuemax": settings.queuemax,
            "addresses": list(settings.allow_addresses),
            "curve": _curve(settings.curve_keys_directory),
        }

    def _ask_to_listen(self, door: dict[str, Any]) -> None:
        if door["curve"] is None and not door["addresses"] and not is_private(self._settings.bind_address):
            log.warning(
                "anyone who reaches %s can store images: set hub.bind_address, hub.allow_addresses or "
                "hub.curve_keys_directory where the network is not yours alone",
                self._settings.bind_address,
            )
        self._link.send(link.LISTEN, json.dumps(door).encode())

    def _listening(self, answer: dict[str, Any]) -> None:
        if answer["error"] is not None:
            at = endpoint(self._settings.bind_address, self._settings.port)
            mend = "stop what uses the port (ss -tlnp) or set another"
            fault = f"hub.port: can't listen on {at}: {answer['error']}; {mend}"
            if self._state == "starting":
                raise SettingsError([fault])
            log.error("%s; senders connect where they did before", fault)
            return
        self._endpoint = answer["endpoint"]
        took = time.monotonic() - self._started
        log.info(
            "listening on %s, data in %s, durability %s; ready after %.2f s",
            self._endpoint, self._settings.data_directory, self._settings.durability, took,
        )  # fmt: skip
        self._state = "ready"
        self._notifier.tell("READY=1", f"STATUS=listening on {self._endpoint}")

    def _loop(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self._link, selectors.EVENT_READ, self._hear_front)
        selector.register(self._wakeup, selectors.EVENT_READ, self._hear_signals)
        while not self._stopping:
            for key, _ in selector.select(self._minder.pause_seconds()):
                key.data()
            self._collect_published()
            self._attend()

    def _hear_signals(self) -> None:
        numbers = self._wakeup.drain()
        self._stopping = bool(numbers & {signal.SIGTERM, signal.SIGINT})
        if numbers - {signal.SIGTERM, signal.SIGINT}:
            self._reload()

    def _hear_front(self) -> None:
        for kind, payload in self._link.receive():
            if kind == link.REQUESTS:
                self._hub.take(link.unpack_requests(payload))
            elif kind == link.LISTENING:
                self._listening(json.loads(payload))

    def _collect_published(self) -> None:
        if self._hub.published_waiting < PUBLISHED_AT_ONCE:
            for frames in self._subscriptions.collect():
                self._hub.take_published(frames)

    def _attend(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._minder.look()

    def _reload(self) -> None:
        if self._settings_path is None:
            log.warning("nothing to reload: started without a settings file")
            return
        try:
            fresh = settings_file.load(self._settings_path)
            applied, later = settings_file.changed(self._settings, fresh)
            merged = settings_file.merge(self._settings, fresh, applied)
            door = self._door(merged)
        except ImagehubError as error:
            log.error("not reloaded, the settings in use stay: %s", error)
            return
        self._apply(merged)
        self._ask_to_listen(door)
        log.info("reloaded: %s", ", ".join(applied) or "nothing changed")
        if later:
            log.warning("these wait for a restart: %s", ", ".join(later))

    def _drain(self) -> None:
        self._state = "draining"
        self._notifier.tell("STOPPING=1")
        self._hub.stop()
        self._committer.join()
        if self._failure is not None:
            raise self._failure

    def _guard(self, work: Callable[[], None]) -> None:
        """Run a thread's work; what ends it ends the process, because nobody else would notice."""
        try:
            work()
        except BaseException as error:  # noqa: BLE001 it is raised again in the main thread
            self._failure = error
            self._wakeup.wake()

    def document(self) -> Document:
        """Return the status: see docs/ref/status.md."""
        fault = self._store.fault
        state = self._state
        if state == "ready" and fault is not None:
            state = "full" if fault.startswith(DISK_FULL) else "unhealthy"
        import shutil  # heavy, and needed only once somebody asks

        disk = shutil.disk_usage(self._settings.data_directory / IMAGES)
        today = self._metrics.today
        nodes = self._metrics.nodes_document()
        return {
            "version": __version__,
            "front_version": self._front_version,
            "pid": os.getpid(),
            "uptime_seconds": time.monotonic() - self._started,
            "state": state,
            "reason": fault,
            "endpoint": getattr(self, "_endpoint", ""),
            "durability": self._settings.durability,
            "data_directory": str(self._settings.data_directory),
            "queue": {"waiting": self._hub.waiting, "limit": self._settings.queuemax},
            "ack": {
                "count": self._metrics.ack_count,
                "p50_seconds": self._metrics.ack_percentile(0.5),
                "p99_seconds": self._metrics.ack_percentile(0.99),
            },
            "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
            "today": {
                "images": today.images,
                "events": today.events,
                "bytes": today.bytes,
                "refused": today.refused,
                "images_limit": self._settings.max_images_write,
            },
            "nodes": nodes,
        }


def _curve(directory: Path | None) -> dict[str, Any] | None:
    if directory is None:
        return None
    from imagehub import keys

    public, secret = keys.load_server(directory)
    admitted = {key.decode(): name for key, name in keys.load_admitted(directory).items()}
    return {"public": public.decode(), "secret": secret.decode(), "admitted": admitted}


def _reply(connection: link.Connection, replies: list[link.Reply]) -> None:
    connection.send(link.REPLIES, b"".join(map(link.pack_reply, replies)))


def run(settings: Settings, settings_path: Path | None, connect: Callable[[], socket.socket]) -> None:
    """Be the store process until told to stop; raise ImagehubError when that is not possible."""
    failpoints.arm_from(os.environ)
    Service(settings, settings_path, connect).run()
