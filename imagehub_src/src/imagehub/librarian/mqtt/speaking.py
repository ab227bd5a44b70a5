"""The librarian's part that speaks MQTT: session after session with the broker, until it is told to stop."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Engine

from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.mqtt import discovery, topics
from imagehub.librarian.mqtt.answering import Answering
from imagehub.librarian.mqtt.connection import Connection, connected, require_client
from imagehub.librarian.mqtt.finder import Finder, NoFinder
from imagehub.librarian.mqtt.lookup import Lookup
from imagehub.librarian.mqtt.news import News
from imagehub.librarian.mqtt.publisher import Publisher
from imagehub.librarian.mqtt.requests import Requests
from imagehub.librarian.mqtt.telling import Teller
from imagehub.librarian.settings import Settings

TICK_SECONDS = 1.0
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 60.0
NO_FINDER = NoFinder()

log = logging.getLogger(__name__)


def microseconds() -> int:
    """Return the time as the catalog keeps it."""
    return time.time_ns() // 1000


def part(
    engine: Engine, settings: Settings, arrivals: Arrivals, publisher: Publisher, finder: Finder = NO_FINDER
) -> Callable[[threading.Event], None]:
    """Return the part for `service.work`.

    Raises:
        MissingExtraError: the MQTT client is not installed.
    """
    require_client()
    return Speaker(engine, settings, arrivals, publisher, finder).speak


class Speaker:
    """Keeps a session with the broker, and speaks by it."""

    def __init__(
        self, engine: Engine, settings: Settings, arrivals: Arrivals, publisher: Publisher, finder: Finder
    ) -> None:
        self._settings, self._arrivals, self._publisher = settings, arrivals, publisher
        news = News(engine, settings.hub_directory)
        self._teller = Teller(settings.mqtt, settings.hub_directory, news, microseconds, settings.web.public_url)
        lookup = Lookup(engine, settings.hub_directory, news)
        self._answering = Answering(Requests(lookup, finder, microseconds))
        self._answers = False
        self._wake, self._born = threading.Event(), threading.Event()
        self._wait, self._complaint = SHORTEST_WAIT_SECONDS, ""

    def speak(self, stop: threading.Event) -> None:
        """Begin sessions until `stop` is set, waiting longer after each that fails; each reason is logged once."""
        self._teller.start()
        if not self._answers:
            self._answering.start(self._wake.set)
            self._answers = True
        with self._arrivals.listening(self._wake.set):
            while not stop.is_set():
                began = time.monotonic()
                try:
                    self._session(stop)
                except ConnectionError as error:
                    self._complain(str(error), time.monotonic() - began)
                    stop.wait(self._wait)

    def _complain(self, text: str, lasted: float) -> None:
        if lasted > LONGEST_WAIT_SECONDS:
            self._wait, self._complaint = SHORTEST_WAIT_SECONDS, ""
        if text != self._complaint:
            log.warning("%s; trying again", text)
        self._wait, self._complaint = min(self._wait * 2, LONGEST_WAIT_SECONDS), text

    def _session(self, stop: threading.Event) -> None:
        name = f"{self._settings.hub_directory} {self._settings.mqtt.topic_prefix}"
        with connected(self._settings.mqtt, name, self._receive, self._wake.set, stop) as session:
            log.info("connected to MQTT broker %s:%d", self._settings.mqtt.broker, self._settings.mqtt.port)
            status = topics.status(self._settings.mqtt.topic_prefix)
            self._subscribe(session)
            session.publish(status, topics.ONLINE, retain=True)
            self._publisher.use(session)
            try:
                self._converse(session, stop)
            finally:
                self._publisher.use(None)
                with suppress(ConnectionError):  # the broker tells it of one that is gone
                    session.publish(status, topics.OFFLINE, retain=True)

    def _subscribe(self, session: Connection) -> None:
        for topic in self._answering.topics():
            session.subscribe(topic)
        if prefix := self._settings.mqtt.discovery_prefix:
            session.subscribe(discovery.birth_topic(prefix))

    def _converse(self, session: Connection, stop: threading.Event) -> None:
        self._teller.begin(session.publish)
        while not stop.is_set():
            self._wake.clear()
            if self._born.is_set():
                self._born.clear()
                self._teller.forget()
            more = self._teller.tell()
            for answer in self._answering.ready():
                session.publish(*answer)
            session.check()
            if not more:
                self._wake.wait(TICK_SECONDS)

    def _receive(self, topic: str, payload: bytes) -> None:
        if topic in self._answering.topics():
            self._answering.ask(topic, payload)
        elif payload == topics.ONLINE:
            self._born.set()
            self._wake.set()
