"""Requests are answered beside the news, and what comes in faster than it is answered does not pile up."""

import threading

from sqlalchemy import Engine

from hub_directories import HubDirectory
from imagehub.librarian import settings
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.mqtt import answering, speaking
from imagehub.librarian.mqtt.answering import Answering
from imagehub.librarian.mqtt.finder import NoFinder
from imagehub.librarian.mqtt.lookup import Lookup
from imagehub.librarian.mqtt.news import News
from imagehub.librarian.mqtt.publisher import Publisher
from imagehub.librarian.mqtt.requests import INFORMATION, Requests


def made(hub: HubDirectory, engine: Engine) -> Answering:
    """Return what answers requests about a hub."""
    return Answering(Requests(Lookup(engine, hub.root, News(engine, hub.root)), NoFinder(), lambda: 0))


def test_answers_come_in_the_order_of_the_requests(hub: HubDirectory, engine: Engine) -> None:
    """Whoever publishes is woken for each; one that fails for a fault of ours does not end the thread."""
    ours, woken = made(hub, engine), threading.Semaphore(0)
    ours.start(woken.release)
    for topic, payload in ((INFORMATION, b"a.jpg"), ("no such topic", b""), (INFORMATION, b"b.jpg")):
        ours.ask(topic, payload)
    for _ in range(3):
        assert woken.acquire(timeout=30)
    assert [payload for _, payload in ours.ready()] == [
        b'{"filename":"a.jpg","isfile":false}',
        b'{"filename":"b.jpg","isfile":false}',
    ]


def test_requests_that_wait_are_few(hub: HubDirectory, engine: Engine) -> None:
    """Those beyond are left out, long ones are cut, and the client's thread does not wait."""
    loaded = settings.parse("mqtt:\n  broker: 127.0.0.1\n", hub.root)
    speaker = speaking.Speaker(engine, loaded, Arrivals(), Publisher(), NoFinder())
    for _ in range(answering.WAITING_REQUESTS + 10):
        speaker._receive(INFORMATION, bytes(1_000_000))
    waiting = speaker._answering._asked.queue
    assert [len(payload) for _, payload in waiting] == [10_000] * answering.WAITING_REQUESTS
