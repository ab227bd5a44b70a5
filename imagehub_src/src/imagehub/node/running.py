"""A node from its start to its end: the parts that its settings ask for, put together, watched and ended."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from imagehub import __version__, logs
from imagehub.errors import ImagehubError
from imagehub.node import commands
from imagehub.node.commands import Command, CommandError, ReloadYaml, SendFrames
from imagehub.node.delivery.post import Post
from imagehub.node.events import event, in_one_line
from imagehub.node.settings import reading
from imagehub.node.settings.settings import NodeSettings
from imagehub.node.stall import Pulse, StallWatch
from imagehub.node.working import Makers, Works
from imagehub.notify import Notifier
from imagehub.sender import BLACK_JPEG
from imagehub.status import Document, StatusServer

log = logging.getLogger(__name__)

TURN_SECONDS = 1.0
LAST_WORDS_SECONDS = 2.0
MOST_REPLIES_WAITING = 100
MAIN_PATIENCE_SECONDS = 120.0  # a camera that shall change its mode may take 20
RAW_BLACK = (3, 3)
RELOAD = "ReloadYaml"
DELIVERY = ("hubs", "spool", "patience", "queuemax", "hub_key", "key", "name")
"""The settings that the post office has; where one of them changes, it closes and opens again."""


class Wish(Enum):
    """What a signal asks for."""

    STOP = auto()
    RELOAD = auto()


class Office(Protocol):
    """Takes messages and brings them to a hub; `delivery.office` has it."""

    def start(self) -> None:
        """Begin to send; raise ImagehubError where the spool or the keys can't be used."""

    def put(self, post: Post) -> None:
        """Take a message."""

    def close(self, patience_seconds: float) -> None:
        """Send for so long what still waits, and keep the rest in the spool."""

    def status(self) -> Any:
        """Return how delivery goes, as a dataclass."""


class Publisher(Protocol):
    """Shows the newest images to viewers; `delivery.publishing` has it."""

    def publish(self, text: str, jpeg: bytes) -> None:
        """Show an image."""

    def close(self) -> None:
        """Show no more."""


@dataclass(frozen=True, slots=True)
class World:
    """What a node takes from outside; `making` has the real one."""

    office: Callable[[NodeSettings, Callable[[str], None]], Office]
    publisher: Callable[[int], Publisher]
    makers: Callable[[NodeSettings, Callable[[str, bytes], None] | None], Makers]
    restart_text: Callable[[NodeSettings], str]
    heartbeat_text: Callable[[str], str]
    notifier: Notifier
    monotonic: Callable[[], float] = time.monotonic


class Node:
    """One node. It is the outbox of its parts: what they say goes to the office that is open at the moment."""

    def __init__(self, settings: NodeSettings, path: Path, world: World) -> None:
        """`path` is the settings file, for reading it again."""
        self._settings = settings
        self._path = path
        self._world = world
        self._inbox: SimpleQueue[str | Wish] = SimpleQueue()
        self._office_lock = threading.Lock()
        self._office: Office | None = None
        self._publisher: Publisher | None = None
        self._works: Works | None = None
        self._pulse = Pulse("the node", MAIN_PATIENCE_SECONDS, world.monotonic)
        self._sender_pulse = Pulse("the sender", 3 * settings.patience, world.monotonic)
        self._done = 0
        self._started = self._last_heartbeat = world.monotonic()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT.

        Raises:
            ImagehubError: it can't start.
        """
        with ExitStack() as stack:
            self._open(stack)
            self._world.notifier.tell("READY=1")
            while self._turn():
                pass
            self._world.notifier.tell("STOPPING=1")
            log.info("ending")

    def on_signals(self) -> None:
        """End at SIGTERM and SIGINT, read the settings again at SIGHUP. Main thread only."""
        for name, wish in (("SIGTERM", Wish.STOP), ("SIGINT", Wish.STOP), ("SIGHUP", Wish.RELOAD)):
            if hasattr(signal, name):  # Windows has no SIGHUP
                signal.signal(getattr(signal, name), lambda *_, wish=wish: self._inbox.put(wish))

    def stop(self) -> None:
        """End, from any thread."""
        self._inbox.put(Wish.STOP)

    def take_reply(self, reply: str) -> None:
        """Take a hub's reply that may be a command; the sender's thread calls this and must not wait."""
        if self._inbox.qsize() < MOST_REPLIES_WAITING:
            self._inbox.put(reply)

    def put(self, post: Post) -> None:
        """See `Outbox`. Where raw images are sent, events bring a raw image too: such hubs expect nothing else."""
        if self._settings.send_type == "image" and post.body == BLACK_JPEG:
            post = replace(post, body=bytes(RAW_BLACK[0] * RAW_BLACK[1]), shape=RAW_BLACK)
        with self._office_lock:
            if self._office is not None:
                self._office.put(post)

    def tell(self, words: str) -> None:
        """Send an event of the node, such as `Command|obeyed ReloadYaml`."""
        self._say(f"{self._settings.name}|{words}")

    def document(self) -> Document:
        """Return the node's status."""
        works, office = self._works, self._office
        return {
            "version": __version__,
            "node": self._settings.name,
            "uptime_seconds": round(self._world.monotonic() - self._started, 1),
            "cameras": [one.status() for one in works.cameras] if works else [],
            "agents": [agent.state for agent in works.agents] if works else [],
            "faults": works.faults() if works else [],
            "delivery": _plain(asdict(office.status())) if office else None,
        }

    def _open(self, stack: ExitStack) -> None:
        works = self._make(self._settings)
        status = StatusServer(self._settings.runtime_directory, self.document)
        self._office = self._opened_office(self._settings)
        stack.callback(self._close_office)
        self._open_publisher(self._settings)
        stack.callback(self._close_publisher)
        self._say(self._world.restart_text(self._settings))
        stack.callback(self._close_works)
        self._begin(works)
        self._serve_status(status, stack)
        watch = StallWatch(self._pulses, lambda: self._settings.stall_watcher, self._world.notifier)
        watch.start()
        stack.callback(watch.close)

    def _serve_status(self, status: StatusServer, stack: ExitStack) -> None:
        try:
            status.start()
        except OSError as error:  # what can't be asked can still send
            log.warning("no status: can't listen in %s: %s", self._settings.runtime_directory, error.strerror)
            return
        stack.callback(status.close)

    def _make(self, settings: NodeSettings) -> Works:
        publish = None if settings.publish_port is None else self._publish
        return Works(settings, self._world.makers(settings, publish), self)

    def _opened_office(self, settings: NodeSettings) -> Office:
        office = self._world.office(settings, self.take_reply)
        office.start()
        return office

    def _begin(self, works: Works) -> None:
        self._works = works
        works.start()

    def _publish(self, text: str, jpeg: bytes) -> None:
        publisher = self._publisher
        if publisher is not None:
            publisher.publish(text, jpeg)

    def _open_publisher(self, settings: NodeSettings) -> None:
        if settings.publish_port is not None:
            self._publisher = self._world.publisher(settings.publish_port)

    def _close_publisher(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.close()

    def _close_works(self) -> None:
        if self._works is not None:
            self._works.close()

    def _close_office(self) -> None:
        office, self._office = self._office, None
        if office is not None:
            office.close(LAST_WORDS_SECONDS)

    def _pulses(self) -> list[Pulse]:
        self._feel_sender()
        return [self._pulse, self._sender_pulse, *(self._works.pulses() if self._works else [])]

    def _feel_sender(self) -> None:
        """Beat for the sender's thread where it got something done, has nothing to do, or no hub answers it."""
        office = self._office
        status = None if office is None else office.status()
        if status is None:
            self._sender_pulse.beat()
            return
        done = status.sent + status.refused + status.dropped
        waiting = status.waiting_in_memory + status.waiting_on_disk
        if done != self._done or not waiting or not status.answering:
            self._sender_pulse.beat()
        self._done = done

    def _turn(self) -> bool:
        """Wait for a signal, a reply or the time of a heartbeat; tell whether to go on."""
        self._pulse.beat()
        self._beat()
        try:
            what = self._inbox.get(timeout=TURN_SECONDS)
        except Empty:
            return True
        if what is Wish.STOP:
            return False
        if what is Wish.RELOAD:
            self._reload()
        else:
            self._obey(str(what))
        return True

    def _beat(self) -> None:
        minutes, now = self._settings.heartbeat, self._world.monotonic()
        if minutes is not None and now - self._last_heartbeat >= 60 * minutes:
            self._say(self._world.heartbeat_text(self._settings.name))
            self._last_heartbeat = now

    def _say(self, text: str) -> None:
        self.put(event(text, datetime.now().astimezone()))

    def _obey(self, reply: str) -> None:
        words = in_one_line(reply)
        try:
            command = commands.parse(reply)
            if command is None:
                log.warning("the hub replied %r, which is no command", words[:100])
                return
            self._do(command)
        except ImagehubError as error:
            log.warning("refused %s: %s", words, error)
            self.tell(f"Command|refused {words}: {in_one_line(str(error))}")
        else:
            log.info("obeyed %s", words)
            self.tell(f"Command|obeyed {words}")

    def _do(self, command: Command) -> None:
        """Do what a command says; raise ImagehubError where that can't be."""
        if isinstance(command, ReloadYaml):
            self._read_again()
            return
        assert self._works is not None
        cameras = list(self._works.of_view(command.view))
        if not cameras:
            raise CommandError(f"there is no view {command.view!r}" if command.view else "there is no camera")
        for camera in cameras:
            if isinstance(command, SendFrames):
                camera.view.send_next(command.count)
            else:
                camera.set_resolution(command.size)

    def _reload(self) -> None:
        """Read the settings again at SIGHUP, as at the command."""
        self._world.notifier.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        self._obey(RELOAD)
        self._world.notifier.tell("READY=1")

    def _read_again(self) -> None:
        if self._works is not None and self._works.busy():
            raise ImagehubError("a recording is under way")
        before, settings = self._settings, reading.load(self._path)
        works = self._make(settings)  # where that fails, nothing has changed yet
        try:
            self._become(settings, works)
        except ImagehubError:
            self._become(before, self._make(before))
            raise

    def _become(self, settings: NodeSettings, works: Works) -> None:
        self._close_works()
        before, self._settings = self._settings, settings
        with self._office_lock:  # what is said meanwhile waits for the office that opens
            self._replace_delivery(before, settings)
        self._begin(works)
        logs.set_level(settings.log_level)

    def _replace_delivery(self, before: NodeSettings, settings: NodeSettings) -> None:
        if self._office is None or any(getattr(settings, name) != getattr(before, name) for name in DELIVERY):
            self._close_office()
            self._office = self._opened_office(settings)
        if settings.publish_port != before.publish_port:
            self._close_publisher()
            self._open_publisher(settings)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
