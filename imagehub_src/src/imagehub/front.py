"""The front: it owns the sockets that senders are connected to, and keeps each request until it is answered.

A stock REQ sender hangs for good when its hub goes away with its request. So the process that stores may
end, crash
or be replaced at any time, while this one stays: it is small, has no settings of its own (the store process
tells it where to listen), knows nothing of images, and hardly ever changes.
"""

import json
import mmap
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from typing import Any, NamedTuple

import zmq

from imagehub import __version__, link
from imagehub.errors import LinkError
from imagehub.transport import ZAP_ENDPOINT, Admission, CurveKeys, apply_limits, move, router
from imagehub.waking import Waker

STOPPED = b"NOT STORED hub stopped"
HOPELESS = b"NOT STORED the hub failed on this message again and again"
MOST_HAND_OVERS = 8
REQUESTS_A_TURN = 16
# As plain numbers: arithmetic on pyzmq's enumerations takes longer than what they are used for here.
EVENTS, READABLE, MORE = int(zmq.EVENTS), int(zmq.POLLIN), int(zmq.SNDMORE)
REMEMBERED_PEERS = 4096
MAX_ENVELOPE_BYTES = 4096
SHRINK_PAGES = 2048  # 8 MiB: what a burst may leave touched before it is given back


class Held(NamedTuple):
    """A request that waits for its reply: whom to send that to, its record, its place in the region."""

    envelope: list[bytes]
    record: bytes
    page: int
    size: int
    handed_over: int = 1


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
        self._waiting: list[zmq.Frame] | None = None  # a message for which the region has no room yet
        self._router: zmq.Socket[bytes] | None = None
        self._receiving = False
        self._endpoint = ""
        self._bound: dict[str, str] = {}  # as asked for, as bound
        self._door: dict[str, Any] = {}
        self._curve: CurveKeys | None = None
        self._peers: dict[bytes, bytes] = {}
        self._admission = Admission()
        self._waker = Waker()
        self._zap = context.socket(zmq.REP)
        self._store: link.Connection | None = None
        self._store_is_served = False  # it was given what the last one left
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
        # Who is quiet can only be told while the front listens.
        pause = self._waker.pause_seconds() if self._receiving else None
        if pause is None or (timeout_seconds is not None and timeout_seconds < pause):
            pause = timeout_seconds
        for source, _ in self._poller.poll(None if pause is None else ceil(pause * 1000)):
            handler = self._handlers.get(source)
            if handler is not None:
                handler()
        if self._router is not None and self._receiving:
            self._waker.wake(self._router)

    def attach(self, stream: socket.socket) -> None:
        """Work for the store process at the other end of `stream` from now on, and no longer for another."""
        self.detach()
        self._store = link.Connection(stream)
        self._store_is_served = False
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
                self._send(held.envelope, STOPPED)
            unread = [self._waiting] if self._waiting else []
            while self._can_receive():
                unread.append(self._receive_message())
            for message in unread:
                self._send(_envelope(message[: _first_body(message)]), STOPPED)
            self._router.disable_monitor()
            self._monitor.close()
            self._router.close()
        self._zap.close()

    def listen(self, door: dict[str, Any]) -> str | None:
        """Open the door that a store process asks for; return why that failed, or None.

        `door` has `endpoint`, `max_message_bytes`, `queuemax`, `addresses` (a list) and `curve` (None, or
        `public`, `secret` and `admitted`: public key to name).
        """
        curve = door["curve"] and CurveKeys(
            door["curve"]["public"].encode(),
            door["curve"]["secret"].encode(),
            {key.encode(): name for key, name in door["curve"]["admitted"].items()},
        )
        error = self._bind(door, curve)
        if error is None:
            self._admission.set(door["addresses"], curve)
            self._curve = curve
            self._door = door
        return error

    def _bind(self, door: dict[str, Any], curve: CurveKeys | None) -> str | None:
        if self._router is None:
            self._router = router(self._context, link.REGION_BYTES, curve)
            self._monitor = self._waker.start(self._context, self._router)
            self.watch(self._monitor, lambda: self._waker.connected(self._monitor))
        wanted = door["endpoint"]
        # Unbinding ends the connections, so an old port stays open beside a new one. It does not outlast a change
        # of the address or of the keys, which is there to keep somebody out.
        reuse = _same_but_port(door, self._door)
        if reuse and wanted in self._bound:
            self._endpoint = self._bound[wanted]
            return None
        apply_limits(self._router, link.REGION_BYTES, curve)
        self._router.ipv6 = "[" in wanted
        try:
            self._endpoint = move(self._router, "" if reuse else self._endpoint, wanted, self._restore_limits)
        except zmq.ZMQError as problem:
            return str(problem)
        if not reuse:
            self._close_other_ports()
        self._bound[wanted] = self._endpoint
        return None

    def _restore_limits(self) -> None:
        assert self._router is not None
        apply_limits(self._router, link.REGION_BYTES, self._curve)

    def _close_other_ports(self) -> None:
        assert self._router is not None
        for endpoint in self._bound.values():
            with suppress(zmq.ZMQError):  # `move` has given up the latest itself
                if endpoint != self._endpoint:
                    self._router.unbind(endpoint)
        self._bound.clear()

    def _hear_store(self) -> None:
        assert self._store is not None
        try:
            for kind, payload in self._store.receive():
                if kind == link.REPLIES:
                    self._send_replies(payload)
                elif kind == link.LISTEN:
                    self._open_door(json.loads(payload))
                if self._store is None:
                    return  # it went away while it was answered
        except LinkError:
            self.detach()

    def _open_door(self, door: dict[str, Any]) -> None:
        assert self._store is not None
        error = self.listen(door)
        self._store.send(link.LISTENING, json.dumps({"endpoint": self._endpoint, "error": error}).encode())
        if error is None:
            if not self._store_is_served:
                self._store_is_served = True
                self._hand_over_again()
            self._receive_or_rest()

    def _hand_over_again(self) -> None:
        """Give a new store process what the last one left; not what several of them ended with."""
        hopeless = [number for number, held in self._held.items() if held.handed_over >= MOST_HAND_OVERS]
        self._send_replies(b"".join(link.pack_reply(link.Reply(number, HOPELESS)) for number in hopeless))
        for number, held in self._held.items():
            self._held[number] = held._replace(handed_over=held.handed_over + 1)
        self._hand_over([held.record for held in self._held.values()])

    def _send_replies(self, payload: bytes) -> None:
        assert self._router is not None
        for reply in link.unpack_replies(payload):
            held = self._held.pop(reply.number, None)
            if held is not None:
                if not self._waker.silences(held.envelope[0], reply.number):
                    self._send(held.envelope, reply.text)
                if held.page != link.NO_PAYLOAD:
                    self._pages.give_back(held.page, held.size)
        self._take_waiting()
        self._shrink()
        self._receive_or_rest()

    def _send(self, envelope: list[bytes], text: bytes) -> None:
        assert self._router is not None
        for frame in envelope:
            self._router.send(frame, MORE)
        self._router.send(text)

    def _receive_or_rest(self) -> None:
        """Take requests only while there is room, so that senders wait and memory stays bounded."""
        room = self._waiting is None and len(self._held) < self._door["queuemax"]
        if room and not self._receiving:
            self._waker.begin_again()
            self.watch(self._router, self._receive)
        elif self._receiving and not room:
            self.forget(self._router)
        self._receiving = room

    def _receive(self) -> None:
        room = min(REQUESTS_A_TURN, self._door["queuemax"] - len(self._held))
        records: list[bytes] = []
        while len(records) < room and self._waiting is None and self._can_receive():
            record = self._keep(self._receive_message())
            if record is not None:
                records.append(record)
        self._hand_over(records)
        self._receive_or_rest()

    def _can_receive(self) -> bool:
        # Asking is much cheaper than the exception that receiving from an empty socket raises.
        assert self._router is not None
        return bool(int(self._router.get(EVENTS)) & READABLE)

    def _receive_message(self) -> list[zmq.Frame]:
        assert self._router is not None
        frame = self._router.recv(copy=False)
        message = [frame]
        while frame.more:
            frame = self._router.recv(copy=False)
            message.append(frame)
        return message

    def _take_waiting(self) -> None:
        if self._waiting is not None:
            message, self._waiting = self._waiting, None
            record = self._keep(message)
            if record is not None:
                self._hand_over([record])

    def _keep(self, message: list[zmq.Frame]) -> bytes | None:
        """Copy a message into the region and return its record; put it back to wait if there is no room."""
        first_body = _first_body(message)
        frames = message[first_body : first_body + link.MAX_FRAMES]
        lengths = [len(frame) for frame in frames]
        size = sum(lengths)
        page: int | None = link.NO_PAYLOAD
        if size <= self._door["max_message_bytes"]:
            page = self._pages.take(size)
        if page is None:
            self._waiting = message
            return None
        if page != link.NO_PAYLOAD:
            self._copy(frames, page * link.PAGE)
        envelope = _envelope(message[:first_body])
        self._count += 1
        self._waker.heard(envelope[0], self._count)
        peer = self._peers.get(envelope[0]) or self._remember_peer(envelope[0], message[-1])
        count = min(len(message) - first_body, link.MOST_FRAMES_COUNTED)
        record = link.pack_request(self._count, time.monotonic(), page, count, lengths, peer)
        self._held[self._count] = Held(envelope, record, page, size)
        return record

    def _copy(self, frames: list[zmq.Frame], at: int) -> None:
        for frame in frames:
            end = at + len(frame)
            self._memory[at:end] = frame.buffer
            at = end

    def _remember_peer(self, identity: bytes, frame: zmq.Frame) -> bytes:
        """Return the sender's address; asking the transport each time would cost more than remembering."""
        peer = b"unknown"
        with suppress(zmq.ZMQError):
            peer = str(frame.get("Peer-Address")).encode()[:255]
        if len(self._peers) >= REMEMBERED_PEERS:
            del self._peers[next(iter(self._peers))]
        self._peers[identity] = peer
        return peer

    def _hand_over(self, records: list[bytes]) -> None:
        if self._store is not None and self._store_is_served and records:
            try:
                self._store.send(link.REQUESTS, b"".join(records))
            except LinkError:
                self.detach()

    def _shrink(self) -> None:
        if self._pages.highest > SHRINK_PAGES and self._pages.all_free and hasattr(mmap, "MADV_REMOVE"):
            self._memory.madvise(mmap.MADV_REMOVE, 0, self._pages.highest * link.PAGE)
            self._pages.highest = 0

    def _answer_zap(self) -> None:
        self._zap.send_multipart(self._admission.answer(self._zap.recv_multipart()))


def _first_body(message: list[zmq.Frame]) -> int:
    """Return where the envelope ends: behind the first empty frame, or behind the routing id where there is none."""
    for at in range(1, len(message)):
        if not len(message[at]):
            return at + 1
    return 1


def _envelope(frames: list[zmq.Frame]) -> list[bytes]:
    """Return whom to reply to; what no proxy would put there is not kept."""
    if sum(map(len, frames)) > MAX_ENVELOPE_BYTES:
        return [frames[0].bytes]
    return [frame.bytes for frame in frames]


def _same_but_port(door: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two doors differ in nothing that decides who reaches the socket, but perhaps in the port."""
    if not other:
        return False
    pairs = [(each["curve"] or {}).get("public") for each in (door, other)]
    addresses = [each["endpoint"].rpartition(":")[0] for each in (door, other)]
    return bool(pairs[0] == pairs[1] and addresses[0] == addresses[1])
