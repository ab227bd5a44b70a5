"""Images from PUB senders: the newest of each camera waits for the disk, older ones are passed over and counted."""

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

import zmq

from imagehub import wire
from imagehub.errors import RefusedError
from imagehub.metrics import Metrics
from imagehub.transport import subscriber

MAX_CAMERAS = 1000
_WAKE = "inproc://imagehub-subscriptions"


class Subscriptions:
    """A thread that owns the SUB socket and keeps one image of each camera, all events that fit, and nothing more.

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
        self._metrics = metrics
        self._arrived = arrived
        self._lock = threading.Lock()
        self._newest: dict[str, list[bytes]] = {}
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

    def collect(self) -> list[list[bytes]]:
        """Return the messages that wait, oldest first, and forget them."""
        with self._lock:
            waiting = list(self._newest.values())
            self._newest.clear()
        return waiting

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
                    self._keep(socket.recv_multipart())
                else:
                    wanted = cast(list[str] | None, commands.recv_json())
                    connected = _reconnect(socket, connected, set(wanted or ()))
        socket.close()
        commands.close(linger=0)

    def _keep(self, frames: list[bytes]) -> None:
        key, camera = _place(frames)
        with self._lock:
            passed_over = self._newest.pop(key, None) is not None or len(self._newest) >= MAX_CAMERAS
            if len(self._newest) < MAX_CAMERAS:
                self._newest[key] = frames
        if passed_over and camera is not None:
            self._metrics.passed_over(camera)
        self._arrived()


def _place(frames: list[bytes]) -> tuple[str, wire.Camera | None]:
    """Return under which key a message waits: images under their camera's name, everything else under its text."""
    try:
        text = str(json.loads(frames[0])["msg"])
        who = wire.camera(text.partition("|")[0])
    except (RefusedError, ValueError, LookupError, TypeError, RecursionError):
        return "", None
    kind = text.split("|")[1].strip().lower() if "|" in text else ""
    return (who.name if kind in {"jpg", "image"} else text), who


def _reconnect(socket: zmq.Socket[bytes], connected: set[str], wanted: set[str]) -> set[str]:
    for endpoint in connected - wanted:
        with suppress(zmq.ZMQError):
            socket.disconnect(endpoint)
    for endpoint in wanted - connected:
        socket.connect(endpoint)
    return wanted
