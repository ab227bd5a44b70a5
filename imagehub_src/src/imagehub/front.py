"""The front: it owns the sockets that senders are connected to, and keeps each request until it is answered.

A stock REQ sender hangs for good when its hub goes away with its request. So the process that stores may end, crash
or be replaced at any time, while this one stays: it is small, has no settings of its own (the store process tells it
where to listen), knows nothing of images, and hardly ever changes.
"""

import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import zmq

from imagehub import __version__, link
from imagehub.errors import LinkError
from imagehub.transport import ZAP_ENDPOINT, Admission, CurveKeys, apply_limits, move, router
from imagehub.waking import Waker

STOPPED = b"NOT STORED hub stopped"
REQUESTS_A_TURN = 16
REMEMBERED_PEERS = 4096
SHRINK_PAGES = 2048  # 8 MiB: what a burst may leave touched before it is given back


class Held(NamedTuple):
    """A request that waits for its reply: whom to send that to, the record, its bytes in the region."""

    envelope: list[bytes]
    request: link.Request
    size: int


class Front:
    """The loop around the senders' socket, the region and the link. One thread runs all of it."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], region: int) -> None:
        self._context = context
        self._region = region
        self._memory = link.map_region(region)
        self._pages = link.Pages()
        self._epoch = os.urandom(6).hex()
        self._held: dict[int, Held] = {}
        self._count = 0
        self._waiting: list[Any] | None = None  # a message for which the region has no room yet
        self._router: zmq.Socket[bytes] | None = None
        self._receiving = False
        self._endpoint = ""
        self._door: dict[str, Any] = {}
        self._peers: dict[bytes, str] = {}
        self._admission = Admission()
        self._waker = Waker()
        self._zap = context.socket(zmq.REP)
        self._store: link.Connection | None = None
        self._handlers: dict[Any, Callable[[], None]] = {}
        self._poller = zmq.Poller()

    @property
    def endpoint(self) -> str:
        """Where senders connect, or nothing yet."""
        return self._endpoint

    def open(self) -> None:
        """Make ready to be asked who may connect."""
        self._zap.bind(ZAP_ENDPOINT)
        self.watch(self._zap, self._answer_zap)

    def watch(self, source: Any, handler: Callable[[], None]) -> None:
        """Call `handler` whenever `source` (a socket or a descriptor) can be read."""
        self._handlers[source] = handler
        self._poller.register(source, zmq.POLLIN)

    def forget(self, source: Any) -> None:
        """Watch `source` no longer."""
        del self._handlers[source]
        self._poller.unregister(source)

    def turn(self, timeout_seconds: float | None) -> None:
        """Wait until something can be done, and do it."""
        pauses = [pause for pause in (timeout_seconds, self._waker.pause_seconds()) if pause is not None]
        for source, _ in self._poller.poll(min(pauses) * 1000 if pauses else None):
            handler = self._handlers.get(source)
            if handler is not None:
                handler()
        if self._router is not None:
            self._waker.wake(self._router)

    def attach(self, stream: socket.socket) -> None:
        """Work for the store process at the other end of `stream` from now on, and no longer for another."""
        self.detach()
        self._store = link.Connection(stream)
        hello = {"protocol": link.PROTOCOL, "version": __version__, "epoch": self._epoch}
        try:
            self._store.greet(hello, self._region)
        except LinkError:
            self._store = None
        else:
            self.watch(self._store.fileno(), self._hear_store)

    def detach(self) -> None:
        """Let go of the store process; requests wait for the next one."""
        if self._store is not None:
            self.forget(self._store.fileno())
            self._store.close()
            self._store = None

    def close(self) -> None:
        """Tell every waiting sender that the hub stopped, and close the sockets."""
        if self._router is not None:
            for held in self._held.values():
                self._router.send_multipart([*held.envelope, STOPPED])
            self._router.disable_monitor()
            self._router.close()
        self._zap.close()

    def listen(self, door: dict[str, Any]) -> str | None:
        """Open the door that a store process asks for; return why that failed, or None.

        `door` has `endpoint`, `max_message_bytes`, `queuemax`, `addresses` (a list) and `curve` (None, or `public`,
        `secret` and `admitted`: public key to name).
        """
        curve = door["curve"] and CurveKeys(
            door["curve"]["public"].encode(),
            door["curve"]["secret"].encode(),
            {key.encode(): name for key, name in door["curve"]["admitted"].items()},
        )
        self._admission.set(door["addresses"], curve)
        error = self._bind(door, curve)
        if error is None:
            self._door = door
        return error

    def _bind(self, door: dict[str, Any], curve: CurveKeys | None) -> str | None:
        if self._router is None:
            self._router = router(self._context, door["max_message_bytes"], curve)
            monitor = self._waker.start(self._context, self._router)
            self.watch(monitor, lambda: self._waker.connected(monitor))
        fixed = ("endpoint", "max_message_bytes", "curve")
        if self._endpoint and all(door[key] == self._door[key] for key in fixed):
            return None
        apply_limits(self._router, door["max_message_bytes"], curve)
        self._router.ipv6 = "[" in door["endpoint"]
        try:
            self._endpoint = move(self._router, self._endpoint, door["endpoint"])
        except zmq.ZMQError as problem:
            return str(problem)
        return None

    def _hear_store(self) -> None:
        assert self._store is not None
        try:
            for kind, payload in self._store.receive():
                if kind == link.REPLIES:
                    self._send_replies(payload)
                elif kind == link.LISTEN:
                    self._open_door(json.loads(payload))
        except LinkError:
            self.detach()

    def _open_door(self, door: dict[str, Any]) -> None:
        assert self._store is not None
        error = self.listen(door)
        self._store.send(link.LISTENING, json.dumps({"endpoint": self._endpoint, "error": error}).encode())
        if error is None:
            self._hand_over([held.request for held in self._held.values()])
            self._receive_or_rest()

    def _send_replies(self, payload: bytes) -> None:
        assert self._router is not None
        for reply in link.unpack_replies(payload):
            held = self._held.pop(reply.number, None)
            if held is not None:
                if not self._waker.silences(held.envelope[0], reply.number):
                    self._router.send_multipart([*held.envelope, reply.text])
                if held.request.page != link.NO_PAYLOAD:
                    self._pages.give_back(held.request.page, held.size)
        self._take_waiting()
        self._shrink()
        self._receive_or_rest()

    def _receive_or_rest(self) -> None:
        """Take requests only while there is room, so that senders wait and memory stays bounded."""
        room = self._waiting is None and len(self._held) < self._door["queuemax"]
        if room and not self._receiving:
            self.watch(self._router, self._receive)
        elif self._receiving and not room:
            self.forget(self._router)
        self._receiving = room

    def _receive(self) -> None:
        room = min(REQUESTS_A_TURN, self._door["queuemax"] - len(self._held))
        requests = []
        assert self._router is not None
        with suppress(zmq.Again):
            while len(requests) < room and self._waiting is None:
                request = self._keep(self._router.recv_multipart(zmq.NOBLOCK, copy=False))
                if request is not None:
                    requests.append(request)
        self._hand_over(requests)
        self._receive_or_rest()

    def _take_waiting(self) -> None:
        if self._waiting is not None:
            message, self._waiting = self._waiting, None
            request = self._keep(message)
            if request is not None:
                self._hand_over([request])

    def _keep(self, message: list[Any]) -> link.Request | None:
        """Copy a message into the region; put it back to wait if there is no room."""
        first_body = next((at for at, frame in enumerate(message[1:], 2) if not len(frame)), 1)
        frames = message[first_body:]
        lengths = tuple(len(frame) for frame in frames[: link.MAX_FRAMES])
        size = sum(lengths)
        page: int | None = link.NO_PAYLOAD
        if size <= self._door["max_message_bytes"]:
            page = self._pages.take(size)
        if page is None:
            self._waiting = message
            return None
        self._copy(frames[: link.MAX_FRAMES], page)
        self._count += 1
        request = link.Request(self._count, time.monotonic(), page, len(frames), lengths, self._peer(message))
        self._waker.heard(message[0].bytes, self._count)
        self._held[self._count] = Held([frame.bytes for frame in message[:first_body]], request, size)
        return request

    def _copy(self, frames: list[Any], page: int) -> None:
        if page != link.NO_PAYLOAD:
            at = page * link.PAGE
            for frame in frames:
                end = at + len(frame)
                self._memory[at:end] = frame.buffer
                at = end

    def _peer(self, message: list[Any]) -> str:
        """Return the sender's address; asking the transport costs more than remembering."""
        identity = message[0].bytes
        peer = self._peers.get(identity)
        if peer is None:
            with suppress(zmq.ZMQError):
                peer = str(message[-1].get("Peer-Address"))
            if len(self._peers) >= REMEMBERED_PEERS:
                del self._peers[next(iter(self._peers))]
            self._peers[identity] = peer = peer or ""
        return peer

    def _hand_over(self, requests: list[link.Request]) -> None:
        if self._store is not None and requests:
            try:
                self._store.send(link.REQUESTS, b"".join(map(link.pack_request, requests)))
            except LinkError:
                self.detach()

    def _shrink(self) -> None:
        if self._pages.highest > SHRINK_PAGES and self._pages.all_free and hasattr(link.mmap, "MADV_REMOVE"):
            self._memory.madvise(link.mmap.MADV_REMOVE, 0, self._pages.highest * link.PAGE)
            self._pages.highest = 0

    def _answer_zap(self) -> None:
        self._zap.send_multipart(self._admission.answer(self._zap.recv_multipart()))
