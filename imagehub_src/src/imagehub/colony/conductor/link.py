"""The connections to all agents: one thread owns their sockets, and any thread may ask through it.

A request that stays silent is sent again with the same id, by which the agent knows it and does it once.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import zmq

from imagehub.colony import protocol
from imagehub.colony.protocol import Reply, Request
from imagehub.errors import ImagehubError
from imagehub.sender import CurveKeys
from imagehub.wakeup import Wakeup

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 0.5
PING_MILLISECONDS, DEAD_MILLISECONDS = 1000, 4000
RECONNECT_MILLISECONDS, LONGEST_RECONNECT_MILLISECONDS = 100, 1000

Socket = zmq.Socket[bytes]


class NoReplyError(ImagehubError):
    """An agent did not answer in time; whether it did what was asked is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, with when its request was sent and it came (nanoseconds since 1970, this machine's clock)."""

    reply: Reply
    asked_ns: int
    back_ns: int


@dataclass(slots=True)
class _Pending:
    camera: str
    request: Request
    end: float
    again_seconds: float | None
    future: "Future[Answer]" = field(default_factory=Future)
    next_try: float = 0.0
    asked_ns: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent listens, and the keys to get in; None where it wants none."""

    endpoint: str
    keys: CurveKeys | None = None


class Link:
    """The connections to some agents, by the names of their cameras."""

    def __init__(
        self,
        places: Mapping[str, Place],
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = dict(places)
        self._wall_ns = wall_ns
        self._monotonic = monotonic
        self._sockets: dict[str, Socket] = {}
        self._new: queue.SimpleQueue[_Pending] = queue.SimpleQueue()
        self._pending: dict[str, _Pending] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="conductor link", daemon=True)

    def start(self) -> None:
        """Connect to all agents, whether they are there or not; raise ImagehubError where an endpoint is none."""
        self._context: zmq.Context[Socket] = zmq.Context()
        self._wakeup = Wakeup()
        try:
            for camera, place in self._places.items():
                self._sockets[camera] = self._connect(place)
        except (zmq.ZMQError, ImagehubError) as error:
            self._close_sockets()
            raise ImagehubError(f"can't connect to {camera}: {error}") from error
        self._thread.start()

    def close(self) -> None:
        """Give up all connections; whoever waits for a reply gets NoReplyError."""
        if self._thread.ident is None or self._closing.is_set():
            return
        self._closing.set()
        self._wakeup.wake()
        self._thread.join()

    def ask(
        self,
        camera: str,
        ask: str,
        fields: Mapping[str, Any],
        deadline_seconds: float,
        again_seconds: float | None = AGAIN_SECONDS,
    ) -> Future[Answer]:
        """Ask an agent something; the future has its answer, or NoReplyError after the deadline.

        It is asked again after `again_seconds` of silence; with None it is asked once.
        """
        request = Request(os.urandom(12).hex(), ask, fields)
        pending = _Pending(camera, request, self._monotonic() + deadline_seconds, again_seconds)
        self._new.put(pending)
        self._wakeup.wake()
        return pending.future

    def _connect(self, place: Place) -> Socket:
        socket = self._context.socket(zmq.DEALER)
        socket.linger = 0
        socket.immediate = True  # what waits for an agent that is away shall not come in a heap when it is back
        socket.maxmsgsize = protocol.MAX_REPLY_BYTES
        socket.heartbeat_ivl, socket.heartbeat_timeout = PING_MILLISECONDS, DEAD_MILLISECONDS
        socket.reconnect_ivl, socket.reconnect_ivl_max = RECONNECT_MILLISECONDS, LONGEST_RECONNECT_MILLISECONDS
        socket.ipv6 = "[" in place.endpoint
        if place.keys is not None:
            place.keys.guard(socket)
        socket.connect(place.endpoint)
        return socket

    def _run(self) -> None:
        poller = zmq.Poller()
        names = {socket: camera for camera, socket in self._sockets.items()}
        for source in (self._wakeup, *names):
            poller.register(source, zmq.POLLIN)
        while not self._closing.is_set():
            self._wakeup.drain()
            self._take_new()
            pause = self._send_due()
            for source, _ in poller.poll(max(1, round(1000 * pause))):
                if source in names:
                    self._hear(names[source], source)
        self._take_new()
        for pending in list(self._pending.values()):
            self._give_up(pending, "the conductor ended")
        self._close_sockets()

    def _take_new(self) -> None:
        while not self._new.empty():
            pending = self._new.get()
            self._pending[pending.request.id] = pending

    def _send_due(self) -> float:
        """Send what is due and give up what is too late; return the seconds until there is something to do again."""
        now = self._monotonic()
        pause = LONGEST_PAUSE_SECONDS
        for pending in list(self._pending.values()):
            if now >= pending.end:
                self._give_up(pending, f"no answer from {self._places[pending.camera].endpoint}")
                continue
            if now >= pending.next_try:
                self._send(pending, now)
            pause = min(pause, pending.end - now, pending.next_try - now)
        return max(0.0, pause)

    def _send(self, pending: _Pending, now: float) -> None:
        pending.asked_ns = self._wall_ns()
        try:
            self._sockets[pending.camera].send(protocol.encode(pending.request), zmq.DONTWAIT)
        except zmq.Again:
            pending.next_try = now + 0.05  # not connected yet
        else:
            pending.next_try = now + pending.again_seconds if pending.again_seconds is not None else pending.end

    def _hear(self, camera: str, socket: Socket) -> None:
        frames = socket.recv_multipart()
        back_ns = self._wall_ns()
        try:
            reply = protocol.decode_reply(frames)
        except protocol.ProtocolError as error:
            log.warning("%s: what came was no reply: %s", camera, error)
            return
        pending = self._pending.get(reply.id)
        if pending is not None and pending.camera == camera:
            del self._pending[reply.id]
            pending.future.set_result(Answer(reply, pending.asked_ns, back_ns))

    def _give_up(self, pending: _Pending, why: str) -> None:
        del self._pending[pending.request.id]
        locked = self._places[pending.camera].keys is not None
        hint = "does an agent run there, is it on the network" + (
            ", and has it this conductor's key?" if locked else ", and does it want keys?"
        )
        pending.future.set_exception(NoReplyError(f"{pending.camera}: {why} to {pending.request.ask}: {hint}"))

    def _close_sockets(self) -> None:
        for socket in self._sockets.values():
            socket.close()
        self._context.term()
        self._wakeup.close()
