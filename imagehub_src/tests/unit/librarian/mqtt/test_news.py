"""What the catalog tells of cameras is theirs, is the latest, and comes once."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, update

from hub_directories import HubDirectory
from imagehub.librarian.catalog import writing
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.mqtt import news
from imagehub.librarian.mqtt.news import News, Seen
from imagehub.librarian.schema import events, images

NOON = datetime(2026, 11, 21, 12).astimezone()


def test_a_camera_is_as_its_latest_rows(hub: HubDirectory, engine: Engine) -> None:
    """Latest image, latest event of each kind, counts of its latest day."""
    for hour in (2, 1, 0):
        at = NOON - timedelta(hours=hour)
        hub.image("Barn", "P1", time=at)
        hub.event("Barn", "P1", "Temp", f"{70 + hour} F", time=at)
    last = hub.image("Barn", "P1", time=NOON + timedelta(seconds=1))
    Ingest(engine, hub.root).follow()
    [camera] = News(engine, hub.root).cameras()
    assert (camera.node, camera.view, camera.images, camera.events) == ("Barn", "P1", 4, 3)
    assert camera.picture
    assert camera.picture.path == last
    assert camera.seen_us == camera.picture.time_us
    assert {kind: reading.value for kind, reading in camera.readings.items()} == {"temperature": 70.0}


def test_an_image_that_is_going_is_not_the_latest(hub: HubDirectory, engine: Engine) -> None:
    """Nobody shall see it any more."""
    hub.image("Barn", "P1")
    Ingest(engine, hub.root).follow()
    with writing(engine) as connection:
        connection.execute(update(images).values(state="going"))
    [camera] = News(engine, hub.root).cameras()
    assert camera.picture is None


def test_events_come_once_and_in_order(hub: HubDirectory, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts if there are many; old ones are left out."""
    monkeypatch.setattr(news, "BATCH", 2)
    told, seen = News(engine, hub.root), Seen(0, 0)
    hub.event("Barn", "P1", "motion", "old", time=NOON - timedelta(days=1))
    for number in range(3):
        hub.event("Barn", "P1", "motion", str(number), time=NOON)
    hub.image("Shed", "P2", time=NOON)
    Ingest(engine, hub.root).follow()
    not_before = round((NOON.timestamp() - 60) * 1_000_000)
    found = []
    for _ in range(3):
        seen, happenings, senders = told.since(seen, not_before)
        found.append(([happening.text[-1] for happening in happenings], len(senders)))
    assert found == [(["0", "1"], 2), (["2"], 1), ([], 0)]


def test_other_hubs_are_not_told_of(hub: HubDirectory, engine: Engine, tmp_path: Path) -> None:
    """The data of an older hub may be in the same catalog, with cameras of the same names."""
    other = HubDirectory(tmp_path / "other")
    other.event("Barn", "P1", "motion", "moving")
    Ingest(engine, other.root).follow()
    other.close()
    told = News(engine, hub.root)
    assert told.cameras() == []
    assert told.since(Seen(0, 0), 0)[1] == []


def test_a_catalog_that_was_made_anew_is_followed(hub: HubDirectory, engine: Engine) -> None:
    """Its ids begin lower than those that were seen."""
    hub.event("Barn", "P1", "motion", "moving")
    Ingest(engine, hub.root).follow()
    told = News(engine, hub.root)
    seen, _, _ = told.since(Seen(1000, 1000), 0)
    assert seen == told.newest()
    with writing(engine) as connection:
        connection.execute(delete(events))
    assert told.since(seen, 0) == (Seen(0, 0), [], set())
