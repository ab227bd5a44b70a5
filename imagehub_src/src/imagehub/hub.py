"""The hub: receive, parse, store, reply.

One thread takes requests and hands them to the kernel; another makes them stable and replies. While the disk
flushes one group, the next is received and written.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from imagehub import failpoints, raw, wire
from imagehub.commands import Queue
from imagehub.errors import RefusedError
from imagehub.eventlog import one_line
from imagehub.link import MAX_FRAMES, NO_PAYLOAD, PAGE, Reply, Request
from imagehub.metrics import Metrics
from imagehub.settings import Settings
from imagehub.store import DAILY_LIMIT, DAILY_LIMIT_EVENT, Item, reason_of
from imagehub.throttle import Fields, Throttle
from imagehub.wire import Camera, EventMessage, Heartbeat, ImageMessage, Message

log = logging.getLogger(__name__)

OK = b"OK"
GROUP_REQUESTS = 64
NO_TIME = "says in no readable way when its messages were taken: their time is that of their arrival."
STORABLE = (ImageMessage, EventMessage)

Publish = Callable[[ImageMessage | EventMessage], None]


class Ticket(NamedTuple):
    """What the hub wants to know of a request once it is stored: its number (None: published, wants no reply)."""

    number: int | None
    received: float
    camera: Camera


class Shelf(Protocol):
    """What the hub needs of a store; `store.Store` and `testing.MemoryStore` are ones."""

    fault: str | None

    def item(self, request: str, message: ImageMessage | EventMessage, ticket: Ticket) -> Item:
        """See `Store.item`."""

    def write(self, items: Sequence[Item]) -> None:
        """See `Store.write`."""

    def commit(self) -> list[Item]:
        """See `Store.commit`."""

    def probe(self) -> bool:
        """See `Store.probe`."""

    def note(self, text: str) -> None:
        """See `Store.note`."""


class Hub:
    """Turns requests into files, log lines and replies. `commands`, where set, go along with replies.

    `take` and `take_published` are called by one thread, `commit_until_stopped` is the whole life of another.
    """

    def __init__(
        self,
        settings: Settings,
        store: Shelf,
        metrics: Metrics,
        reply: Callable[[list[Reply]], None],
        memory: memoryview,
        epoch: str,
        publish: Publish | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.store = store
        self.metrics = metrics
        self.commands: Queue | None = None
        self.throttle = Throttle(self._tell, monotonic)
        self._reply = reply
        self._memory = memory
        self._epoch = epoch
        self._publish = publish
        self._monotonic = monotonic
        self._written: SimpleQueue[bool] = SimpleQueue()
        self.committing_since: float | None = None
        # With nothing to wait for, handing groups to another thread only costs.
        self._commits_itself = settings.durability == "written"
        # Each of these is written by one thread only.
        self._taken = self._answered = self._settled = 0
        self._taken_published = self._settled_published = 0

    @property
    def waiting(self) -> int:
        """How many requests were taken and not answered yet."""
        return self._taken - self._answered - self._settled

    @property
    def heard(self) -> int:
        """How many messages were taken, of any kind."""
        return self._taken + self._taken_published

    @property
    def published_waiting(self) -> int:
        """How many published messages were taken and are not stable yet."""
        return self._taken_published - self._settled_published

    def take(self, requests: Iterable[Request]) -> None:
        """Read the requests and write what is to be stored; the others are answered at once."""
        group: list[Item] = []
        answers: list[Reply] = []
        for request in requests:
            self._take_one(request, group, answers)
            self._taken += 1
            if len(group) >= GROUP_REQUESTS:
                self._write(group)
                group = []
        self._write(group)
        if answers:
            self._answered += len(answers)
            self._reply(answers)

    def take_published(self, frames: Sequence[bytes]) -> None:
        """Store a message of a PUB sender; nobody is told if it can't be stored but log and counters."""
        try:
            message = self._admit(wire.parse(frames))
        except RefusedError as error:
            self._note_refusal(str(error), "a published message", _camera_of(frames))
            return
        except Exception:
            log.exception("could not read a published message")
            return
        if isinstance(message, STORABLE):
            self._taken_published += 1
            self._note_taken(message)
            ticket = Ticket(None, self._monotonic(), message.camera)
            key = self._key(message, f"published-{self._taken_published}")
            self._write([self.store.item(key, message, ticket)])
        elif isinstance(message, Heartbeat):
            self.metrics.seen(message.camera)

    def commit_until_stopped(self) -> None:
        """Commit and reply whenever something was written, until `stop` was called and all is done."""
        while self._wait_for_work():
            self.committing_since = self._monotonic()
            self._settle(self.store.commit())
            self.committing_since = None

    def stop(self) -> None:
        """Let `commit_until_stopped` return after what was written up to now."""
        self._written.put(False)

    def _take_one(self, request: Request, group: list[Item], answers: list[Reply]) -> None:
        frames = self._frames(request)
        try:
            failpoints.hit("after_receive")
            self._check_size(request)
            message = self._admit(wire.parse(frames))
        except RefusedError as error:
            answers.append(self._refuse(request, frames, str(error)))
        except OSError as error:
            answers.append(self._refuse(request, frames, reason_of(error)))
        except Exception:
            # Whatever a message does to the code that reads it, it must not end the hub, which would meet it
            # again.
            log.exception("could not read a message from %s", request.peer)
            answers.append(self._refuse(request, frames, "the hub failed to read the message; its log says more"))
        else:
            if isinstance(message, STORABLE):
                self._note_taken(message)
                ticket = Ticket(request.number, request.received, message.camera)
                group.append(self.store.item(self._key(message, request.number), message, ticket))
            else:
                answers.append(self._welcome(request, message))

    def _key(self, message: ImageMessage | EventMessage, number: int | str) -> str:
        """Return what tells a repeat: the sender's own id for the message, or the request's number."""
        return f"{message.camera.name}|{message.id}" if message.id else f"{self._epoch}-{number}"

    def _frames(self, request: Request) -> list[memoryview]:
        frames, at = [], request.page * PAGE
        for length in request.lengths if request.page != NO_PAYLOAD else ():
            frames.append(self._memory[at : at + length])
            at += length
        return frames

    def _check_size(self, request: Request) -> None:
        if request.page == NO_PAYLOAD:
            limit = self.settings.max_message_bytes
            raise RefusedError(f"the message has {sum(request.lengths)} bytes, more than max_message_bytes {limit}")
        if request.frame_count > MAX_FRAMES:
            raise RefusedError(f"expected 2 parts, header and image, got {request.frame_count}")

    def _admit(self, message: Message) -> Message:
        if isinstance(message, wire.TestImage):
            return message
        patterns = self.settings.allow_nodes
        who = message.camera
        if patterns and not any(fnmatchcase(who.node, p) or fnmatchcase(who.name, p) for p in patterns):
            raise RefusedError("the node is not on the hub's list allow_nodes")
        if isinstance(message, ImageMessage) and message.shape is not None:
            return raw.to_jpeg(message, self.settings.raw_jpeg_quality)
        return message

    def _write(self, group: list[Item]) -> None:
        if group:
            self.store.write(group)
            if self._commits_itself:
                self._settle(self.store.commit())
            else:
                self._written.put(True)

    def _wait_for_work(self) -> bool:
        """Wait for something written; what was written meanwhile is one group."""
        going_on = self._written.get()
        while going_on:
            try:
                going_on = self._written.get_nowait()
            except Empty:
                return True
        # Stopped: what was written before that may still want its commit.
        self._settle(self.store.commit())
        return False

    def _settle(self, items: Sequence[Item]) -> None:
        """Publish what is stored, reply, and count."""
        if self._publish is not None:
            # Before the reply: after it the front may use the memory that the message lies in for another.
            for message in _stored(items):
                self._publish(message)
        replies = [Reply(item.ticket.number, self._answer(item)) for item in items if item.ticket.number is not None]
        if replies:
            failpoints.hit("before_reply")
            self._settled += len(replies)
            self._reply(replies)
        self._settled_published += len(items) - len(replies)
        self._count(items)

    def _count(self, items: Sequence[Item]) -> None:
        now = self._monotonic()
        stored = _stored(items)
        self.metrics.stored(stored)
        for message in stored:
            if isinstance(message, EventMessage):
                log.info("%s", one_line(message.text), extra={"fields": _fields(message.camera)})
        tickets = [item.ticket for item in items if item.ticket.number is not None]
        self.metrics.acknowledged([(ticket.camera, now - ticket.received) for ticket in tickets])
        if len(stored) < len(items):
            self._count_others(items)

    def _count_others(self, items: Sequence[Item]) -> None:
        for item in items:
            if item.outcome.fault is not None:
                self._note_fault(item.outcome.fault, item.ticket.camera)
            elif item.message is None:
                self.metrics.repeated()

    def _welcome(self, request: Request, message: Message) -> Reply:
        who = message.camera if isinstance(message, Heartbeat) else None
        if who is not None:
            self.metrics.seen(who)
        self.metrics.acknowledged([(who, self._monotonic() - request.received)])
        return Reply(request.number, OK if who is None else self._stored_reply(who))

    def _answer(self, item: Item) -> bytes:
        fault = item.outcome.fault
        return self._stored_reply(item.ticket.camera) if fault is None else f"NOT STORED {fault}".encode()

    def _stored_reply(self, who: Camera) -> bytes:
        """Return the reply to what is stored: OK, or a command that waits for this sender."""
        if self.commands is None or self.commands.is_empty():
            return OK
        try:
            command = self.commands.take(who)
        except OSError as error:
            self.throttle.tell(f"a command for {who.name} has to wait: {reason_of(error)}", _fields(who))
            return OK
        if command is None:
            return OK
        text = f"command for {command.node} handed over: {command.text}"
        log.info("%s", text, extra={"fields": _fields(who)})
        self.store.note(text)
        self.metrics.handed_over()
        return command.text.encode()

    def _refuse(self, request: Request, frames: Sequence[memoryview], reason: str) -> Reply:
        who = _camera_of(frames)
        self._note_refusal(reason, request.peer, who)
        self.metrics.acknowledged([(who, self._monotonic() - request.received)])
        return Reply(request.number, f"NOT STORED {reason}".encode())

    def _note_taken(self, message: ImageMessage | EventMessage) -> None:
        if message.taken == wire.TAKEN_UNREADABLE:
            self.throttle.tell(f"{message.camera.name} {NO_TIME}", _fields(message.camera))

    def _note_refusal(self, reason: str, peer: str, who: Camera | None) -> None:
        self.metrics.refused(who, "refused")
        sender = f"{who.name} at {peer}" if who else peer
        self.throttle.tell(f"NOT STORED, from {sender}: {reason}", _fields(who, reason))

    def _note_fault(self, fault: str, who: Camera) -> None:
        self.metrics.refused(who, fault)
        self.throttle.tell(DAILY_LIMIT_EVENT if fault == DAILY_LIMIT else f"NOT STORED, {fault}", _fields(who, fault))

    def _tell(self, text: str, fields: Fields) -> None:
        log.warning("%s", text, extra={"fields": fields})
        self.store.note(text)


def _stored(items: Sequence[Item]) -> list[ImageMessage | EventMessage]:
    return [item.message for item in items if item.message is not None and item.outcome.fault is None]


def _fields(who: Camera | None, reason: str = "") -> Fields:
    camera = {"node": who.node, "view": who.view} if who else {}
    return camera | ({"reason": reason} if reason else {})


def _camera_of(frames: Sequence[wire.Buffer]) -> Camera | None:
    """Return whose message this is, where a refused message still tells."""
    try:
        header = json.loads(bytes(frames[0][: wire.MAX_HEADER_BYTES]))
        return wire.camera(header["msg"].partition("|")[0])
    except (RefusedError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
