"""A broker is told all once, and then what changes."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, update

from hub_directories import HubDirectory
from imagehub.librarian import settings
from imagehub.librarian.catalog import writing
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.mqtt.news import News
from imagehub.librarian.mqtt.telling import REREAD_SECONDS, Teller
from imagehub.librarian.schema import cameras, images

NOON = datetime(2026, 11, 21, 12).astimezone()
BARN = "imagehub/Barn/P1"
CONFIG = "homeassistant/device/imagehub__Barn__P1/config"


class Told:
    """A teller at a time of day, and what it published: all of it, and what is retained."""

    def __init__(self, hub: HubDirectory, engine: Engine, more: str = "") -> None:
        loaded = settings.parse(f"mqtt:\n  broker: localhost\n{more}", hub.root)
        self.ingest, self.now = Ingest(engine, hub.root), NOON
        self.teller = Teller(loaded.mqtt, hub.root, News(engine, hub.root), self.clock)
        self.sent: list[tuple[str, bytes]] = []
        self.retained: dict[str, bytes] = {}
        self.failing: Callable[[str], bool] = lambda topic: False
        self.teller.start()
        self.teller.begin(self.publish)

    def clock(self) -> int:
        """Return the time as the catalog keeps it."""
        return round(self.now.timestamp() * 1_000_000)

    def publish(self, topic: str, payload: bytes, retain: bool) -> None:
        """Take a message as a broker does."""
        if self.failing(topic):
            raise ConnectionError(topic)
        self.sent.append((topic, payload))
        if retain:
            self.retained[topic] = payload

    def after(self, seconds: float = 0) -> list[tuple[str, bytes]]:
        """Return what is told in a round so much later."""
        self.now += timedelta(seconds=seconds)
        self.ingest.follow()
        self.sent.clear()
        self.teller.tell()
        return self.sent


@pytest.fixture
def told(hub: HubDirectory, engine: Engine) -> Told:
    """Give a teller with the settings as they come."""
    return Told(hub, engine)


def test_a_camera_is_told_once(hub: HubDirectory, told: Told) -> None:
    """Picture, state, readings and what Home Assistant needs; then nothing more, as nothing changes."""
    hub.event("Barn", "P1", "Temp", "74 F", time=NOON)
    hub.image("Barn", "P1", b"picture", time=NOON)
    told.after()
    filled = {topic: payload for topic, payload in told.retained.items() if payload}
    assert set(filled) == {f"{BARN}/picture", f"{BARN}/state", f"{BARN}/temperature", CONFIG}
    assert (filled[f"{BARN}/picture"], filled[f"{BARN}/temperature"]) == (b"picture", b"74")
    assert told.after(1) == []


def test_an_event_is_told_when_it_comes(hub: HubDirectory, told: Told) -> None:
    """It is not retained."""
    hub.event("Barn", "P1", "motion", "moving", time=NOON)
    told.after()
    [payload] = [payload for topic, payload in told.sent if topic == f"{BARN}/event"]
    assert json.loads(payload)["kind"] == "motion"
    assert f"{BARN}/event" not in told.retained
    assert told.retained[f"{BARN}/motion"] == b"ON"
    assert [topic for topic, _ in told.after(61)] == [f"{BARN}/motion"]
    assert told.retained[f"{BARN}/motion"] == b"OFF"


def test_old_events_are_no_news(hub: HubDirectory, told: Told) -> None:
    """A librarian that catches up with a hub does not tell of yesterday; the reading is told, as it is the latest."""
    hub.event("Barn", "P1", "Temp", "74 F", time=NOON - timedelta(days=1))
    told.after()
    assert f"{BARN}/event" not in dict(told.sent)
    assert told.retained[f"{BARN}/temperature"] == b"74"


def test_pictures_are_told_now_and_then(hub: HubDirectory, told: Told) -> None:
    """At most one in `picture_seconds`, and the latest then."""
    for number in range(3):
        hub.image("Barn", "P1", b"picture %d" % number, time=NOON + timedelta(seconds=number))
        told.after(1)
    assert told.retained[f"{BARN}/picture"] == b"picture 0"
    assert f"{BARN}/picture" not in dict(told.after(7))
    assert dict(told.after(1))[f"{BARN}/picture"] == b"picture 2"


def test_each_picture_may_be_told(hub: HubDirectory, engine: Engine) -> None:
    """With `picture_seconds: 0`."""
    told = Told(hub, engine, "  picture_seconds: 0\n")
    for number in range(2):
        hub.image("Barn", "P1", b"picture %d" % number, time=NOON + timedelta(seconds=number))
        assert dict(told.after())[f"{BARN}/picture"] == b"picture %d" % number


def test_who_comes_new_is_told_all(hub: HubDirectory, told: Told) -> None:
    """As after a broker's restart, or when Home Assistant starts; events are not told again."""
    hub.event("Barn", "P1", "motion", "moving", time=NOON)
    hub.image("Barn", "P1", time=NOON)
    told.after()
    before = dict(told.retained)
    told.retained.clear()
    told.teller.forget()
    told.after()
    assert told.retained == before
    assert f"{BARN}/event" not in dict(told.sent)


def test_an_event_that_could_not_be_told_is_told_in_the_next_session(hub: HubDirectory, told: Told) -> None:
    """Unless that is a minute later."""
    hub.event("Barn", "P1", "motion", "0", time=NOON)
    hub.event("Barn", "P1", "motion", "1", time=NOON)
    told.failing = lambda topic: topic.endswith("event") and len(told.sent) == 1
    with pytest.raises(ConnectionError):
        told.after()
    told.failing = lambda topic: False
    told.teller.begin(told.publish)
    texts = [json.loads(payload)["text"] for topic, payload in told.after() if topic.endswith("event")]
    assert texts == ["Barn P1|motion|1"]


def test_a_picture_that_was_deleted_is_taken_away(hub: HubDirectory, engine: Engine, told: Told) -> None:
    """At the latest a minute after, from the broker too."""
    hub.image("Barn", "P1", time=NOON)
    told.after()
    with writing(engine) as connection:
        connection.execute(delete(images))
    told.after(REREAD_SECONDS)
    assert told.retained[f"{BARN}/picture"] == b""
    assert told.retained[CONFIG] == b""


def test_a_camera_that_is_gone_is_taken_away(hub: HubDirectory, engine: Engine, told: Told) -> None:
    """With all its topics, and its device in Home Assistant."""
    hub.event("Barn", "P1", "Temp", "74 F", time=NOON)
    hub.image("Barn", "P1", time=NOON)
    told.after()
    with writing(engine) as connection:
        connection.execute(delete(cameras))
    told.after(REREAD_SECONDS)
    assert set(told.retained.values()) == {b""}


def test_a_camera_that_is_not_on_the_wall_is_told(hub: HubDirectory, engine: Engine, told: Told) -> None:
    """A thermometer has nothing to show there."""
    hub.event("Barn", "P1", "Temp", "74 F", time=NOON)
    told.ingest.follow()
    with writing(engine) as connection:
        connection.execute(update(cameras).values(display=False))
    told.after()
    assert told.retained[f"{BARN}/temperature"] == b"74"


def test_an_image_whose_file_is_missing_is_no_picture(hub: HubDirectory, told: Told) -> None:
    """And ends nothing."""
    (hub.root / hub.image("Barn", "P1", time=NOON)).unlink()
    told.after()
    assert told.retained[f"{BARN}/picture"] == b""


def test_discovery_may_be_off(hub: HubDirectory, engine: Engine) -> None:
    """With `discovery_prefix: null`."""
    told = Told(hub, engine, "  discovery_prefix: null\n")
    hub.image("Barn", "P1", time=NOON)
    told.after()
    assert not [topic for topic in told.retained if not topic.startswith("imagehub/")]


def test_what_is_kept_does_not_grow(hub: HubDirectory, told: Told) -> None:
    """However much is told."""
    hub.event("Barn", "P1", "motion", "moving", time=NOON)
    told.after()
    before = len(told.teller._told)
    for number in range(50):
        hub.event("Barn", "P1", "motion", str(number), time=NOON)
        told.after(1)
    assert len(told.teller._told) == before
