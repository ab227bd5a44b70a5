"""Tells a broker how the cameras are and what happens at them.

What is retained there follows the catalog: in each round the topics that differ from what was told are told again.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from imagehub.errors import ImagehubError
from imagehub.librarian.files import open_image
from imagehub.librarian.mqtt import discovery, messages, topics
from imagehub.librarian.mqtt.messages import SECOND
from imagehub.librarian.mqtt.news import BATCH, Camera, News, Seen
from imagehub.librarian.settings import Mqtt

LATE_SECONDS = 60
REREAD_SECONDS = 60

Publish = Callable[[str, bytes, bool], None]

log = logging.getLogger(__name__)


class Teller:
    """Tells all of it once, and from then on what changes. `clock` gives microseconds since 1970 in UTC.

    What `publish` raises ends a round: after `begin` the next one goes on with the event that could not be told.
    """

    def __init__(
        self, settings: Mqtt, directory: Path, news: News, clock: Callable[[], int], url: str | None = None
    ) -> None:
        self._settings, self._directory, self._url = settings, directory, url
        self._news, self._clock = news, clock
        self._publish: Publish = _nowhere
        self._seen: Seen | None = None
        self._reread_us = self._told_us = 0
        self._cameras: dict[int, Camera] = {}
        self._told: dict[str, bytes] = {}
        self._pictures: dict[int, tuple[int, int]] = {}

    def start(self) -> None:
        """Take what there is by now for known: events from before are not told."""
        self._seen = self._news.newest()

    def begin(self, publish: Publish) -> None:
        """Publish by this from now on, to somebody who knows nothing yet."""
        self._publish = publish
        self.forget()

    def forget(self) -> None:
        """Tell all of it again in the next round, as somebody new is there."""
        self._told_us = 0
        self._told.clear()
        self._pictures.clear()

    def tell(self) -> bool:
        """Tell what is new, and return whether there is more of it."""
        now = self._clock()
        self._read_all(now)
        seen = self._seen or self._news.newest()
        newest, happenings, senders = self._news.since(seen, now - LATE_SECONDS * SECOND)
        for happening in happenings:
            topic = topics.camera(self._settings.topic_prefix, happening.node, happening.view, topics.EVENT)
            self._publish(topic, messages.encode(messages.event(happening)), False)
            self._seen = seen._replace(event=happening.id)
        changed = {camera.id: camera for camera in self._news.cameras(senders)} if senders else {}
        self._cameras |= changed
        self._seen = newest
        self._tell_cameras(changed, now)
        return len(happenings) == BATCH

    def _read_all(self, now: int) -> None:
        """Notice now and then what nobody announces: images that were deleted, cameras that were changed."""
        if now - self._reread_us < REREAD_SECONDS * SECOND:
            return
        found = {camera.id: camera for camera in self._news.cameras()}
        for gone in self._cameras.keys() - found.keys():
            self._clear(self._cameras[gone])
        self._cameras, self._reread_us = found, now

    def _tell_cameras(self, changed: Mapping[int, Camera], now: int) -> None:
        """Tell of these, and once a second of all: motion ends, and pictures come due."""
        every = now - self._told_us >= SECOND
        for camera in (self._cameras if every else changed).values():
            self._tell_picture(camera, now)
            self._tell_once(self._topic(camera, topics.STATE), messages.encode(messages.state(camera, now)))
            for kind in topics.READINGS:
                payload = messages.reading(kind, camera.readings.get(kind), now)
                self._tell_once(self._topic(camera, kind), payload)
            document = discovery.document(self._settings.topic_prefix, camera, self._url)
            self._discover(camera, messages.encode(document) if document["components"] else b"")
        self._told_us = now if every else self._told_us

    def _tell_once(self, topic: str, payload: bytes) -> None:
        if self._told.get(topic) != payload:
            self._publish(topic, payload, True)
            self._told[topic] = payload

    def _tell_picture(self, camera: Camera, now: int) -> None:
        number, told_us = self._pictures.get(camera.id, (-1, 0))
        wanted = camera.picture.id if camera.picture else 0
        if wanted == number or (wanted and now - told_us < self._settings.picture_seconds * SECOND):
            return
        self._publish(self._topic(camera, topics.PICTURE), self._read(camera), True)
        self._pictures[camera.id] = wanted, now

    def _read(self, camera: Camera) -> bytes:
        if camera.picture is None:
            return b""
        try:
            with open_image(self._directory, camera.picture.path) as file:
                return file.read()
        except (OSError, ImagehubError) as error:
            log.debug("%s is not published: %s", camera.picture.path, error)
            return b""

    def _discover(self, camera: Camera, document: bytes) -> None:
        if self._settings.discovery_prefix:
            prefixes = self._settings.discovery_prefix, self._settings.topic_prefix
            self._tell_once(discovery.config_topic(*prefixes, camera), document)

    def _clear(self, camera: Camera) -> None:
        for last in (topics.PICTURE, topics.STATE, *topics.READINGS):
            self._publish(self._topic(camera, last), b"", True)
            self._told.pop(self._topic(camera, last), None)
        self._pictures.pop(camera.id, None)
        self._discover(camera, b"")

    def _topic(self, camera: Camera, last: str) -> str:
        return topics.camera(self._settings.topic_prefix, camera.node, camera.view, last)


def _nowhere(*_: object) -> None:
    raise ConnectionError("no session has begun")
