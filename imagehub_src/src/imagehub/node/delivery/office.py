"""The post office of a node: takes what its parts have to say, and brings it to a hub in that order.

What no hub has taken within two seconds waits on disk, through restarts and power cuts, until one has.
"""

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from imagehub import sender as senders
from imagehub.node.delivery import replies, telling
from imagehub.node.delivery.connection import StoppableConnection, StoppedError
from imagehub.node.delivery.letter import Letter
from imagehub.node.delivery.numbering import Numbering
from imagehub.node.delivery.post import Post
from imagehub.node.delivery.replies import Meaning
from imagehub.node.delivery.spool import Spool
from imagehub.node.delivery.telling import Telling
from imagehub.node.delivery.waiting import Limits, Waiting
from imagehub.node.settings.settings import NodeSettings
from imagehub.sender import BLACK_JPEG, Connection, CurveKeys, Frames, Sender

log = logging.getLogger(__name__)

KEEPER_SECONDS = 0.25
FLUSH_SECONDS = 1.0
NEXT_SECONDS = 0.25
AFTER_FAULT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """How the delivery does. `hub` is the one in use; the counts are since the start of the node."""

    hub: str
    answering: bool
    waiting_in_memory: int
    waiting_on_disk: int
    bytes_on_disk: int
    oldest_waiting: datetime | None
    sent: int
    dropped: int
    refused: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the office takes from outside: connections, clocks and chance. `limits` None: as the settings say."""

    connect: Callable[[str, CurveKeys | None, threading.Event], Connection] = StoppableConnection
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone()
    random: Callable[[], float] = random.random
    limits: Limits | None = None


REAL = Surroundings()


class Office:
    """The outbox of a node, for any thread. Two of its own: one sends, the other writes to disk what has to wait."""

    def __init__(
        self, settings: NodeSettings, tell_reply: Callable[[str], None], surroundings: Surroundings = REAL
    ) -> None:
        """`tell_reply` is called, by the sending thread, with each reply that is a command."""
        self._settings, self._tell_reply, self._world = settings, tell_reply, surroundings
        self._telling = Telling(surroundings.monotonic)
        self._numbering = Numbering()
        self._spool: Spool | None = None
        self._waiting: Waiting | None = None
        self._sender: Sender | None = None
        self._answering = True
        self._last_error: str | None = None
        self._stop_sending, self._stop_keeping = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Open the spool and begin to send what is in it; nothing can be `put` before.

        Raises:
            SpoolInUseError: another node uses it.
            ImagehubError: the keys of the settings can't be read, or one of the hubs is no endpoint.
        """
        keys = self._keys()
        for hub in self._settings.hubs:
            self._world.connect(hub, keys, self._stop_sending).close()  # so that a mistyped one is told now
        self._sender = self._made_sender(keys)
        self._spool = self._opened_spool()
        limits = self._world.limits or Limits(messages=self._settings.queuemax)
        drop, monotonic = self._settings.spool.drop, self._world.monotonic
        self._waiting = Waiting(self._spool, self._numbering, self._telling, limits, drop, monotonic)
        for work, name in ((self._deliver, "delivery"), (self._keep, "spool")):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def put(self, post: Post) -> None:
        """Take a message; see `Outbox`."""
        self._line.put(post)

    def close(self, patience_seconds: float) -> None:
        """Write to disk what waits, go on sending for so long while a hub answers, and end."""
        if not self._threads:
            return
        delivery, keeper = self._threads
        self._stop_keeping.set()
        self._line.crowded.set()
        keeper.join()
        self._line.spill(everything=True)
        self._wait_for_end(patience_seconds)
        self._stop_sending.set()
        delivery.join()
        self._line.spill(everything=True)
        self._tell_log()
        lost = self._line.counts().in_memory
        if lost:
            log.error("%d messages are lost: no hub took them, and there is no room for them on disk", lost)
        if self._spool is not None:
            self._spool.close()
        self._threads.clear()

    def status(self) -> DeliveryStatus:
        """Return how the delivery does."""
        counts = self._line.counts()
        assert self._sender is not None
        return DeliveryStatus(
            hub=self._sender.hub,
            answering=self._answering,
            waiting_in_memory=counts.in_memory,
            waiting_on_disk=counts.on_disk,
            bytes_on_disk=counts.bytes_on_disk,
            oldest_waiting=self._line.oldest_taken(),
            sent=counts.sent,
            dropped=counts.dropped,
            refused=counts.refused,
            last_error=counts.disk_fault or self._last_error,
        )

    @property
    def _line(self) -> Waiting:
        if self._waiting is None:
            raise RuntimeError("the office is not started")
        return self._waiting

    def _keys(self) -> CurveKeys | None:
        hub_key, own = self._settings.hub_key, self._settings.key
        return CurveKeys.load(hub_key, own) if hub_key and own else None

    def _made_sender(self, keys: CurveKeys | None) -> Sender:
        settings = self._settings
        world = senders.Surroundings(self._connect, self._world.monotonic, self._pause, self._world.random)
        return Sender(settings.hubs, settings.patience, math.inf, keys, world, self._is_not_now)

    def _opened_spool(self) -> Spool | None:
        """Return the spool; None where there is none, or the disk does not let it be."""
        settings = self._settings.spool
        if settings.directory is None:
            return None
        spool = Spool(settings.directory, settings.max_bytes)
        try:
            self._numbering.open(settings.directory, spool.open())
        except OSError as error:
            self._telling.note(
                f"the spool {settings.directory} can't be used ({error.strerror}): until the node is started again "
                "messages wait in memory only"
            )
            return None
        for name in spool.damaged:
            self._telling.damaged(name)
        spool.damaged = []
        return spool

    def _wait_for_end(self, patience_seconds: float) -> None:
        deadline = self._world.monotonic() + patience_seconds
        while self._answering and not self._line.is_empty():
            left = deadline - self._world.monotonic()
            if left <= 0:
                return
            self._line.wait_for_change(min(left, NEXT_SECONDS))

    def _deliver(self) -> None:
        assert self._sender is not None
        with self._sender as sender:
            while not self._stop_sending.is_set():
                try:
                    self._deliver_next(sender)
                except StoppedError:
                    return
                except Exception as error:
                    log.exception("could not send a message")
                    self._last_error = str(error)
                    self._stop_sending.wait(AFTER_FAULT_SECONDS)

    def _deliver_next(self, sender: Sender) -> None:
        letter = self._line.next(NEXT_SECONDS)
        if letter is None:
            return
        post = letter.post
        reply = sender.send(post.text, post.body, shape=post.shape, taken=post.taken, id=letter.id)
        self._note_answer(sender.hub)
        self._settle(letter, reply)
        for text in self._telling.due(telling.HUB):
            event = Post(f"{self._settings.name}|Spool|{text}", BLACK_JPEG, self._world.now())
            self._line.put(event, always=True)

    def _settle(self, letter: Letter, reply: str) -> None:
        meaning = replies.meaning(reply)
        if meaning is Meaning.NEVER:
            self._last_error = reply
            self._line.refused(letter, replies.reason(reply))
            return
        self._line.done(letter)
        if meaning is Meaning.COMMAND:
            self._tell_reply(reply)

    def _keep(self) -> None:
        flushed = -math.inf
        while not self._stop_keeping.is_set():
            try:
                self._line.spill()
                if self._world.monotonic() - flushed >= FLUSH_SECONDS:
                    flushed = self._world.monotonic()
                    self._line.flush()
                self._tell_log()
            except Exception:
                log.exception("could not look after the spool")
                self._stop_keeping.wait(AFTER_FAULT_SECONDS)
            self._line.crowded.wait(KEEPER_SECONDS)

    def _tell_log(self) -> None:
        for text in self._telling.due(telling.LOG):
            log.warning("%s", text)

    def _connect(self, endpoint: str, keys: CurveKeys | None) -> Connection:
        return _Watched(self._world.connect(endpoint, keys, self._stop_sending), endpoint, self._note_silence)

    def _pause(self, seconds: float) -> None:
        if self._stop_sending.wait(seconds):
            raise StoppedError("the node stops")

    def _is_not_now(self, reply: bytes) -> bool:
        """Tell whether a hub may take the message later, or another hub now."""
        text = reply.decode(errors="replace")
        if replies.meaning(text) is not Meaning.LATER:
            return False
        self._note_trouble(text)
        return True

    def _note_silence(self, endpoint: str, seconds: float) -> None:
        self._note_trouble(f"no answer from {endpoint} within {seconds:g} s")

    def _note_trouble(self, text: str) -> None:
        if self._answering:
            log.warning("%s: messages wait until a hub takes them", text)
        self._answering, self._last_error = False, text

    def _note_answer(self, hub: str) -> None:
        if not self._answering:
            log.warning("%s takes messages, %d wait", hub, self._line.counts().on_disk)
        self._answering = True


class _Watched:
    """A connection whose silence is told."""

    def __init__(self, connection: Connection, endpoint: str, tell: Callable[[str, float], None]) -> None:
        self._connection, self._endpoint, self._tell = connection, endpoint, tell

    def exchange(self, frames: Frames, timeout_seconds: float) -> bytes | None:
        reply = self._connection.exchange(frames, timeout_seconds)
        if reply is None:
            self._tell(self._endpoint, timeout_seconds)
        return reply

    def close(self) -> None:
        self._connection.close()
