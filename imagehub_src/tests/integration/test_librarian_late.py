"""Pictures that come late, as after a night without a network, stand where they belong, in every database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from happenings import SOMEBODY, rule
from hubdata import NOON, TODAY, event, image, open_store, write
from imagehub.librarian import catalog, check, rebuild, rules, schema
from imagehub.librarian.ingest import Ingest, microseconds
from imagehub.librarian.mqtt import messages
from imagehub.librarian.mqtt.news import News
from imagehub.librarian.queries import cameras as camera_queries
from imagehub.librarian.queries import images as image_queries
from imagehub.librarian.queries import timeline
from imagehub.librarian.retention import carrying_out, hold_span, planning, set_policy
from imagehub.librarian.rules import standing
from imagehub.librarian.schema import cameras, events, images
from imagehub.librarian.web.pages.live import _News
from imagehub.testing import FakeClock
from imagehub.wire import EventMessage, ImageMessage

NIGHT = NOON - timedelta(hours=10)
HOUR_US = 3_600_000_000


class Hub:
    """A hub whose journal a catalog follows; time stands at noon until it is moved."""

    def __init__(self, engine: Engine, root: Path) -> None:
        self.engine, self.root, self.clock = engine, root, FakeClock(NOON.astimezone())
        self._store = open_store(root, self.clock.now)
        self._ingest = Ingest(engine, root)

    def store(self, *messages: ImageMessage | EventMessage) -> None:
        """Store messages, a second after the ones before, and take them in."""
        self.clock.pass_(1)
        write(self._store, *messages)
        self._store.commit()
        self._ingest.follow()

    def late(self, *times: datetime, name: str = "Barn P1") -> None:
        """Store pictures that were taken then."""
        for time in times:
            self.store(image(name=name)._replace(taken=time.isoformat()))

    @property
    def now_us(self) -> int:
        """The time as the catalog keeps it."""
        return microseconds(self.clock.now())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a look into the catalog, as a site does."""
        with self.engine.connect() as connection:
            yield connection

    def wall(self) -> list[int]:
        """Return the times of the pictures on the wall."""
        with self.reading() as connection:
            return [found.time_us for found in image_queries.latest(connection, None)]

    def silences(self) -> int:
        """Return how many notifications of silence come at this moment."""
        with catalog.writing(self.engine) as connection:
            return standing.check(connection, self.now_us, 1 << 40)


def add_rule(connection: Connection) -> None:
    """Add a rule about silence that was always there."""
    rules.create(connection, SOMEBODY, rule(trigger="silent", silent_minutes=30))
    connection.execute(schema.rules.update().values(created_us=0))


@pytest.fixture
def hub(engine: Engine, tmp_path: Path) -> Hub:
    """Give a hub that has stored nothing."""
    return Hub(engine, tmp_path / "hub")


def test_a_late_picture_stands_at_its_own_time_and_hides_no_newer_one(hub: Hub) -> None:
    """On the wall the newest hangs; gallery and timeline have the late ones in the night, in order."""
    hub.store(image())
    newest = hub.now_us
    times = [NIGHT + timedelta(minutes=10 * number) for number in range(3)]
    hub.late(*times)
    assert hub.wall() == [newest]
    with hub.reading() as connection:
        found = image_queries.search(connection, None, image_queries.Filters(), None, 10)
        (camera,) = camera_queries.cameras(connection, None)
        start = microseconds(NIGHT)
        (lane,) = timeline.timeline(connection, None, start, start + HOUR_US, 6)
        kept = connection.execute(select(images.c.day).distinct()).scalars().all()
    assert [row.time_us for row in found.items] == [newest, *map(microseconds, reversed(times))]
    assert camera.last_image_us == newest
    assert lane.images == [1, 1, 1, 0, 0, 0]
    assert kept == [TODAY]


def test_what_is_taken_in_is_told_to_the_wall_only_where_it_is_the_newest(hub: Hub, monkeypatch: Any) -> None:
    """A page that is open shows the latest; of several that come late nothing, unless the camera has none newer."""
    hub.store(image())
    user = SimpleNamespace(cameras=None)
    monkeypatch.setattr("imagehub.librarian.web.pages.live.anyone", lambda _: SimpleNamespace(user=user))
    visit: Any = SimpleNamespace(site=hub, sight=None, request=None)
    news = _News(visit)
    hub.late(NIGHT)
    assert news() == ""
    hub.late(NIGHT, NIGHT - timedelta(hours=1), name="Gate P1")
    told = news() or ""
    assert (told.count("event: image"), str(microseconds(NIGHT)) in told) == (1, True)
    hub.store(image())
    hub.late(NIGHT + timedelta(minutes=1))
    assert (news() or "").count(f'"time_us": {hub.now_us - 1_000_000}') == 1


def test_a_time_to_come_or_one_that_is_none_is_that_of_the_arrival(hub: Hub) -> None:
    """Nothing is taken after it arrived; a clock that is ahead keeps no later picture off the wall."""
    for taken in (NOON + timedelta(days=300), NOON + timedelta(hours=1)):
        hub.late(taken)
        assert hub.wall() == [hub.now_us]
    hub.store(image())
    assert hub.wall() == [hub.now_us]


def test_events_stand_where_they_happened_and_readings_too(hub: Hub) -> None:
    """The latest temperature is that which was measured last, whatever came last."""
    hub.store(event("Temp|50 F"))
    hub.store(event("Temp|20 F")._replace(taken=NIGHT.isoformat()))
    with hub.reading() as connection:
        rows = connection.execute(select(events.c.time_us, events.c.value).order_by(events.c.time_us)).all()
    assert [tuple(row) for row in rows] == [(microseconds(NIGHT), 20.0), (hub.now_us - 1_000_000, 50.0)]
    (camera,) = News(hub.engine, hub.root).cameras()
    assert camera.readings["temperature"].value == 50.0


def test_a_camera_that_sends_what_it_kept_is_not_silent(hub: Hub) -> None:
    """Rules and Home Assistant hear it, however old that is; once it falls silent it is told, once."""
    with catalog.writing(hub.engine) as connection:
        add_rule(connection)
    hub.late(NIGHT)
    for minute in range(60):
        hub.clock.pass_(60)
        hub.late(NIGHT + timedelta(minutes=minute))
        assert hub.silences() == 0
    (camera,) = News(hub.engine, hub.root).cameras()
    state = messages.state(camera, hub.now_us)
    assert (state["status"], state["last_seen"]) == ("online", messages.time(hub.now_us))
    assert state["last_image"] == messages.time(microseconds(NIGHT + timedelta(minutes=59)))
    hub.clock.pass_(31 * 60)
    assert (hub.silences(), hub.silences()) == (1, 0)


def test_a_catalog_from_before_there_was_such_a_column_goes_by_the_rows(hub: Hub) -> None:
    """Where nobody noted when a camera was heard of, it was when its latest row says."""
    hub.store(image())
    with catalog.writing(hub.engine) as connection:
        connection.execute(cameras.update().values(heard_us=None))
        add_rule(connection)
    hub.clock.pass_(29 * 60)
    assert hub.silences() == 0
    hub.clock.pass_(2 * 60)
    assert hub.silences() == 1


def test_a_hold_of_the_night_holds_what_came_the_next_day(hub: Hub) -> None:
    """It is planned and deleted by the time of each picture, and what goes is what was planned."""
    hub.late(NIGHT - timedelta(hours=14), NIGHT)  # on the day before, and today, both filed today
    hub.store(image())
    with catalog.writing(hub.engine) as connection:
        night = microseconds(NIGHT - timedelta(hours=15)), microseconds(NIGHT - timedelta(hours=13))
        hold_span(connection, SOMEBODY, None, *night, "watch it")
        set_policy(connection, SOMEBODY, None, "any", 1, None)
    with hub.reading() as connection:
        made = planning.plan(connection, hub.root, NOON + timedelta(days=3))
    done = carrying_out.carry_out(hub.engine, hub.root, made.going)
    assert (made.images, done.images) == (2, 2)
    with hub.reading() as connection:
        assert connection.execute(select(images.c.time_us)).scalars().all() == [
            microseconds(NIGHT - timedelta(hours=14))
        ]


def test_a_rebuilt_catalog_has_them_where_they_were(hub: Hub) -> None:
    """The journal knows the times; the event log's lines of late events are not taken for others."""
    hub.late(NIGHT)
    just_now = (hub.clock.now() - timedelta(seconds=3)).isoformat()
    hub.store(event()._replace(taken=NIGHT.isoformat()), event(), event("Temp|50 F")._replace(taken=just_now))
    with hub.reading() as connection:
        before = connection.execute(select(events.c.time_us).order_by(events.c.time_us)).scalars().all()
    rebuild.run(hub.engine, hub.root)
    with hub.reading() as connection:
        assert connection.execute(select(events.c.time_us).order_by(events.c.time_us)).scalars().all() == before
        assert connection.execute(select(func.min(images.c.time_us))).scalar() == microseconds(NIGHT)
    assert list(check.differences(hub.engine, hub.root)) == []
