"""Tracks in each kind of database, with several workers at once, up to the rules that follow them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from happenings import MINUTE, NOON, World, rule, world
from imagehub.librarian import rules
from imagehub.librarian.catalog import writing
from imagehub.librarian.rules import watching
from imagehub.librarian.vision import tracking
from imagehub.librarian.vision.queue import jobs
from seen_things import MODEL, VOTES, Watched, car, person

IMAGES = 24
WORKERS = 4


@pytest.fixture
def barn(tmp_path: Path, url: str) -> Iterator[World]:
    """Give a catalog in each kind of database, as workers see it."""
    with world(tmp_path, url) as made:
        watching.begin(made.engine)
        made.engine = jobs.engine_for(made.engine)
        yield made


def test_several_workers_see_one_thing_once(barn: World) -> None:
    """Whoever is first; each label is made once too, and rules miss nothing while they look on."""
    barn.add_rule(rule(trigger="object"))
    doors = [Watched(barn, barn.camera(f"Door{number}")) for number in range(3)]
    images = [(door, door.image(at / 5, waits=True)) for at in range(IMAGES) for door in doors]
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            watching.follow(barn.engine, NOON + MINUTE)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda one: one[0].see(one[1], [car(), person()]), images))
    finally:
        over.set()
        looker.join()
    watching.follow(barn.engine, NOON + MINUTE)
    for door in doors:
        assert [(track.label, track.images) for track in door.tracks("car")] == [("car", IMAGES)]
        assert [(track.label, track.images) for track in door.tracks("person")] == [("person", IMAGES)]
        assert None not in {row.track_id for row in door.found()}
    assert len(barn.outbox()) == 2 * len(doors)


def test_every_database_decides_alike(barn: World) -> None:
    """Votes, lone images, a second look, what ends, and a dry run of rules about all that."""
    door = Watched(barn, barn.camera())
    barn.zone(door.camera, "Door", 0.0, 0.7)
    first = door.image(0)
    assert door.see(first, [car()]) is True
    door.lone(first)
    for at in (30, 31, 32):
        door.sees(at, person(), person(left=0.6))
    assert door.see(first, [car(score=0.7)], quiet=True) is False
    for at in range(40, 140, 5):
        door.sees(at)
    kept = [(track.label, track.images, track.score, track.ended, track.quiet) for track in door.tracks()]
    assert kept == [("car", 1, 0.7, True, False), *[("person", 3, 0.9, True, False)] * 2]
    tried: tuple[tuple[dict[str, Any], int], ...] = (
        ({"label": "person"}, 2),
        ({"label": "person", "count": 2}, 1),
        ({"label": "person, car", "region": "door"}, 3),
        ({"label": "person", "region": "door", "count": 2}, 1),
    )
    for words, times in tried:
        done = rules.dry_run(barn.engine, rule(trigger="object", **words), NOON, NOON + 10 * MINUTE)
        assert (words, done.count) == (words, times)


def test_rows_that_rules_follow_become_visible_by_their_ids(barn: World) -> None:
    """Nobody adds one while somebody else has; SQLite has one writer anyway."""
    if barn.engine.dialect.name != "postgresql":
        return
    door = Watched(barn, barn.camera())
    image = door.image(0)
    with writing(barn.engine) as first, writing(barn.engine) as second:
        tracking.turn(first)
        second.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            tracking.record(second, image, MODEL, [car()], VOTES, door.least, False)
        second.rollback()
