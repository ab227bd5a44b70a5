"""Answers requests one after the other, beside the news: an answer may wait for somebody who looks at an image."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator

from imagehub.librarian.mqtt.requests import MAX_BYTES, Requests

WAITING_REQUESTS = 100

log = logging.getLogger(__name__)


class Answering:
    """Takes requests from any thread, and has their answers ready for who publishes them."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._asked: queue.Queue[tuple[str, bytes]] = queue.Queue(WAITING_REQUESTS)
        self._answers: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()

    def start(self, wake: Callable[[], None]) -> None:
        """Begin to answer; `wake` is called after each answer. The thread ends with the process."""
        threading.Thread(target=self._answer, args=(wake,), name="mqtt answers", daemon=True).start()

    def topics(self) -> list[str]:
        """Return the topics that requests come on."""
        return self._requests.topics()

    def ask(self, topic: str, payload: bytes) -> None:
        """Take a request without waiting; it is left out if too many wait."""
        try:
            self._asked.put_nowait((topic, payload[:MAX_BYTES]))
        except queue.Full:
            log.debug("too many requests wait: one on %s is left out", topic)

    def ready(self) -> Iterator[tuple[str, bytes]]:
        """Yield topic and payload of the answers that are ready."""
        while not self._answers.empty():
            yield self._answers.get()

    def _answer(self, wake: Callable[[], None]) -> None:
        while True:
            topic, payload = self._asked.get()
            try:
                self._answers.put(self._requests.answer(topic, payload))
            except Exception:  # whoever asks next must be answered
                log.exception("mqtt: a request on %s was not answered", topic)
            wake()
