"""Images from PUB senders: the newest of each camera waits for the disk, older ones are passed over and counted."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

import zmq

from imagehub import wire
from imagehub.errors import RefusedError
from imagehub.metrics import Metrics
from imagehub.transport import subscriber

log = logging.getLogger(__name__)

MAX_WAITING = 1000
MAX_WAITING_BYTES = 128 << 20
_WAKE = "inproc://imagehub-subscriptions"


class Backlog:
    """The messages that wait: one image of each camera, all events that fit, and nothing more.

    What finds no room, or makes way for a newer one, is counted in the metrics.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._waiting: dict[object, Sequence[bytes]] = {}
        self._bytes = 0

    def put(self, frames: Sequence[bytes]) -> None:
        """Let a message wait; an older image of its camera makes way for an image."""
        key, camera = _place(frames)
        size = _size(frames)
        with self._lock:
            replaced = self._waiting.pop(key, ())
            self._bytes -= _size(replaced)
            fits = len(self._waiting) < MAX_WAITING and self._bytes + size <= MAX_WAITING_BYTES
            if fits:
                self._waiting[key] = frames
                self._bytes += size
        if camera is not None:
            for _ in range(bool(replaced) + (not fits)):
                self._metrics.passed_over(camera)

    def collect(self) -> list[Sequence[bytes]]:
        """Return the messages that wait, oldest first, and forget them."""
        with self._lock:
            waiting = list(self._waiting.values())
            self._waiting.clear()
            self._bytes = 0
        return waiting


class Subscriptions:
    """A thread that owns the SUB socket and puts what comes into a backlog.

    `arrived` is called in that thread when there is something to `collect`.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        max_message_bytes: int,
        metrics: Metrics,
        arrived: Callable[[], None],
    ) -> None:
        self._context = context
        self._max_message_bytes = max_message_bytes
        self._backlog = Backlog(metrics)
        self._arrived = arrived
        self._commands = context.socket(zmq.PAIR)
        self._thread = threading.Thread(target=self._run, name="subscriptions", daemon=True)

    def start(self, endpoints: Sequence[str]) -> None:
        """Connect to these PUB senders; they need not be there yet."""
        self._commands.bind(_WAKE)
        self._thread.start()
        self.connect(endpoints)

    def connect(self, endpoints: Sequence[str]) -> None:
        """Be connected to exactly these PUB senders from now on."""
        self._commands.send_json(list(endpoints))

    def collect(self) -> list[Sequence[bytes]]:
        """Return the messages that wait, oldest first, and forget them."""
        return self._backlog.collect()

    def close(self) -> None:
        """End the thread."""
        self._commands.send_json(None)
        self._thread.join()
        self._commands.close(linger=0)

    def _run(self) -> None:
        socket = subscriber(self._context, self._max_message_bytes)
        commands = self._context.socket(zmq.PAIR)
        commands.connect(_WAKE)
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(commands, zmq.POLLIN)
        connected: set[str] = set()
        wanted: list[str] | None = []
        while wanted is not None:
            for source, _ in poller.poll():
                if source is socket:
                    self._backlog.put(socket.recv_multipart())
                    self._arrived()
                else:
                    wanted = cast(list[str] | None, commands.recv_json())
                    connected = _reconnect(socket, connected, set(wanted or ()))
        socket.close()
        commands.close(linger=0)


def _size(frames: Sequence[bytes]) -> int:
    return sum(map(len, frames))


def _place(frames: Sequence[bytes]) -> tuple[object, wire.Camera | None]:
    """Return under which key a message waits, and whose loss it is when it makes way.

    Of what can't be accepted, or is a mere sign of life, one is enough.
    """
    try:
        message = wire.parse(frames)
    except RefusedError:
        return None, None
    if isinstance(message, wire.ImageMessage):
        return message.camera, message.camera
    if isinstance(message, wire.EventMessage):
        return object(), message.camera
    return message, None


def _reconnect(socket: zmq.Socket[bytes], connected: set[str], wanted: set[str]) -> set[str]:
    """Return the endpoints that the socket is connected to afterwards."""
    for endpoint in connected - wanted:
        with suppress(zmq.ZMQError):
            socket.disconnect(endpoint)
    return {endpoint for endpoint in wanted if endpoint in connected or _connect(socket, endpoint)}


def _connect(socket: zmq.Socket[bytes], endpoint: str) -> bool:
    socket.ipv6 = "[" in endpoint
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        log.error("hub.subscribe: can't connect to %s: %s", endpoint, error)
        return False
    return True
