"""What the catalog answers, in each database, against what a plain look at all its rows gives."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Row, select, update

from databases import mariadb, postgresql
from imagehub.librarian import catalog, schema
from imagehub.librarian.catalog import writing
from imagehub.librarian.queries import cameras, events, findings, frequency, images, seen, statistics, timeline
from imagehub.librarian.queries.filters import AFTER_US
from imagehub.librarian.queries.images import Filters
from imagehub.librarian.queries.paging import Found
from imagehub.librarian.sight import Sight, allows
from librarian_data import DAY_US, END, LABELS, fill
from librarian_questions import questions

NOW = int(END.timestamp()) * 1_000_000
SIGHTS: tuple[Sight, ...] = (None, frozenset({1, 3, 4}), frozenset({5}), frozenset())
DAYS = 8


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Give a small catalog in a database of each kind; many rows share their time, and some images are going."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        yield from _filled(f"sqlite:///{folder / 'catalog.sqlite'}")
        return
    with (postgresql if request.param == "postgresql" else mariadb)(folder / "server") as url:
        yield from _filled(url)


def _filled(url: str) -> Iterator[Connection]:
    engine = catalog.connect(url)
    fill(engine, images=1500, events=2500, cameras=5, days=DAYS)
    with writing(engine) as connection:
        for table in (schema.images, schema.events, schema.detections, schema.plate_sightings):
            # Whole seconds, ten at a time: what has the same time is told apart by its id.
            coarse = table.c.time_us - table.c.time_us % 10_000_000
            connection.execute(update(table).values(time_us=coarse))
        connection.execute(update(schema.images).where(schema.images.c.id % 50 == 0).values(state="going"))
        connection.execute(update(schema.images).where(schema.images.c.id % 70 == 0).values(hold=True))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


class Oracle:
    """All rows, and what is meant by filters, said as plainly as can be."""

    def __init__(self, connection: Connection) -> None:
        self.rows = {
            name: sorted(connection.execute(select(table)), key=lambda row: row.id)
            for name, table in schema.metadata.tables.items()
            if name in {"images", "events", "detections", "plate_sightings", "objects", "plates", "holds", "tracks"}
        }

    def images(self, sight: Sight, filters: Filters) -> list[int]:
        """Return the ids of the images that are meant, newest first."""
        found = [row for row in self.rows["images"] if row.state == "stored" and allows(sight, row.camera_id)]
        return [row.id for row in _newest_first(found) if self._meant(row, filters)]

    def events(self, sight: Sight, ids: tuple[int, ...], kinds: tuple[str, ...]) -> list[int]:
        """Return the ids of events, newest first."""
        own = [row for row in self.rows["events"] if allows(sight, row.camera_id)]
        own = [row for row in own if (not ids or row.camera_id in ids) and (not kinds or row.kind in kinds)]
        return [row.id for row in _newest_first(own)]

    def _meant(self, row: Row[Any], filters: Filters) -> bool:
        return (
            (not filters.camera_ids or row.camera_id in filters.camera_ids)
            and (filters.start_us is None or row.time_us >= filters.start_us)
            and (filters.end_us is None or row.time_us < filters.end_us)
            and (filters.hours is None or _in_hours(row.time_us, filters.hours, filters.zone))
            and (not filters.event or self._after(row, filters.event))
            and (not filters.object or filters.object in self._seen(row, "detections", "objects", "label"))
            and (
                not filters.plate
                or any(map(_like(filters.plate), self._seen(row, "plate_sightings", "plates", "text")))
            )
            and (not filters.held or self.held(row))
        )

    def held(self, row: Row[Any]) -> bool:
        """Tell whether an image is held."""
        spans = [hold for hold in self.rows["holds"] if hold.camera_id in {None, row.camera_id}]
        return bool(row.hold) or any(hold.start_us <= row.time_us < hold.end_us for hold in spans)

    def _after(self, row: Row[Any], kind: str) -> bool:
        own = (one for one in self.rows["events"] if one.camera_id == row.camera_id and one.kind == kind)
        return any(0 <= row.time_us - one.time_us <= AFTER_US for one in own)

    def _seen(self, row: Row[Any], table: str, named: str, column: str) -> list[str]:
        names = {one.id: getattr(one, column) for one in self.rows[named]}
        key = f"{named.removesuffix('s')}_id"
        return [names[getattr(one, key)] for one in self.rows[table] if one.image_id == row.id]


def _newest_first(rows: list[Row[Any]]) -> list[Row[Any]]:
    return sorted(rows, key=lambda row: (row.time_us, row.id), reverse=True)


def _in_hours(time_us: int, hours: tuple[int, int], zone: str) -> bool:
    hour = datetime.fromtimestamp(time_us // 1_000_000, UTC).astimezone(ZoneInfo(zone)).hour
    first, last = hours
    return first <= hour < last if first < last else hour >= first or hour < last


def _like(pattern: str) -> Any:
    begin, _, end = pattern.upper().partition("*")
    return lambda text: text == pattern.upper() if "*" not in pattern else text.startswith(begin) and text.endswith(end)


def _some_filters(chance: random.Random) -> Filters:
    def maybe(value: Any, empty: Any) -> Any:
        return value if chance.random() < 0.3 else empty

    start = NOW - chance.randrange(DAYS * DAY_US)
    return Filters(
        camera_ids=maybe(tuple(chance.sample(range(1, 7), 2)), ()),
        start_us=maybe(start, None),
        end_us=maybe(start + chance.randrange(3 * DAY_US), None),
        hours=maybe((chance.randrange(24), chance.randrange(25)), None),
        zone=chance.choice(("UTC", "Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles")),
        event=maybe(chance.choice(("motion", "temperature", "restart")), ""),
        object=maybe(chance.choice((*LABELS, "unicorn")), ""),
        plate=maybe(chance.choice(("*", "a*", "*1", "*E", "zz*")), ""),
        held=maybe(True, False),
    )


def _walk(search: Any) -> list[int]:
    """Return the ids of all pages, read to the end and back again."""
    found: Found[Any] = search(None)
    pages = [found]
    while found.next:
        found = search(found.next)
        pages.append(found)
    back = found
    for page in reversed(pages[:-1]):
        back = search(back.previous)
        assert back.items == page.items
    assert search(None).previous is None
    return [item.id for page in pages for item in page.items]


def test_searches_give_what_a_look_at_all_rows_gives(connection: Connection) -> None:
    """All pages there and back, for filters by chance and viewers with every kind of sight."""
    oracle, chance = Oracle(connection), random.Random(5)
    given = [
        Filters(event="motion"),
        Filters(plate="*"),
        Filters(held=True),
        *(_some_filters(chance) for _ in range(60)),
    ]
    hits = 0
    for filters in given:
        sight, limit = chance.choice(SIGHTS), chance.choice((7, 60, 500))
        wanted = oracle.images(sight, filters)
        assert _walk(lambda cursor: images.search(connection, sight, filters, cursor, limit)) == wanted, filters  # noqa: B023
        hits += bool(wanted)
    assert hits > 15


def test_neighbours_are_the_next_ones_of_the_camera(connection: Connection) -> None:
    """As the search with the same filters has them in its list."""
    oracle, chance = Oracle(connection), random.Random(6)
    for filters in (None, Filters(object="person"), *(_some_filters(chance) for _ in range(10))):
        shown = images.search(connection, None, Filters(), None, 200).items
        image = chance.choice(shown)
        wanted = [row for row in oracle.images(None, filters or Filters()) if row != image.id]
        mine = [
            row for row in _newest_first(oracle.rows["images"]) if row.id in wanted and row.camera_id == image.camera_id
        ]
        if filters and filters.camera_ids and image.camera_id not in filters.camera_ids:
            continue
        older = [row.id for row in mine if (row.time_us, row.id) < (image.time_us, image.id)]
        newer = [row.id for row in mine if (row.time_us, row.id) > (image.time_us, image.id)]
        expected = (older[0] if older else None, newer[-1] if newer else None)
        assert images.neighbours(connection, None, image, filters) == expected, filters


@pytest.mark.parametrize("sight", SIGHTS)
def test_nothing_is_told_of_cameras_out_of_sight(connection: Connection, sight: Sight) -> None:
    """Whatever is asked, all answers are of cameras that may be seen; and those that may be seen are in them."""
    oracle = Oracle(connection)
    stored = [row for row in oracle.rows["images"] if row.state == "stored" and allows(sight, row.camera_id)]
    seen = {camera.id: camera for camera in cameras.cameras(connection, sight)}
    assert set(seen) == {number for number in range(1, 6) if allows(sight, number)}
    assert {number for number in range(1, 8) if cameras.camera(connection, sight, number)} == set(seen)
    for number, camera in seen.items():
        assert camera.last_image_us == max(row.time_us for row in stored if row.camera_id == number)
    newest = {row.camera_id: row.id for row in reversed(_newest_first(stored))}
    latest = images.latest(connection, sight)
    assert {image.camera_id: image.id for image in latest} == newest
    assert [image.id for image in images.arrived(connection, sight, 40, 9)] == [r.id for r in stored if r.id > 40][:9]
    for row in oracle.rows["images"][:60]:
        image = images.image(connection, sight, row.id)
        assert (image is not None) == (row in stored)
        assert image is None or image.held == oracle.held(row)


@pytest.mark.parametrize("sight", SIGHTS)
def test_events_are_found_by_camera_and_kind(connection: Connection, sight: Sight) -> None:
    """Page by page, and the last one of each."""
    oracle = Oracle(connection)
    for ids, kinds in (((), ()), ((1, 2), ()), ((), ("restart", "motion")), ((5, 3), ("light",))):
        wanted = oracle.events(sight, ids, kinds)
        found = _walk(lambda cursor: events.search(connection, sight, ids, kinds, None, None, cursor, 400))  # noqa: B023
        assert found == wanted
    own = [row for row in oracle.rows["events"] if allows(sight, row.camera_id)]
    last = {(row.camera_id, row.kind): row.id for row in reversed(_newest_first(own))}
    assert {(one.camera_id, one.kind): one.id for one in events.last_of_each(connection, sight)} == last
    assert [one.id for one in events.arrived(connection, sight, 9, 5)] == [row.id for row in own if row.id > 9][:5]


@pytest.mark.parametrize("sight", SIGHTS)
def test_readings_are_averages_of_parts(connection: Connection, sight: Sight) -> None:
    """Each part's average is that of the readings in it, and no reading is missing."""
    oracle, start, points = Oracle(connection), NOW - 3 * DAY_US, 50
    width = -(-(3 * DAY_US - 7) // points)
    parts: dict[tuple[int, int], list[float]] = {}
    for row in oracle.rows["events"]:
        if row.kind == "light" and start <= row.time_us < NOW - 7 and allows(sight, row.camera_id):
            parts.setdefault((row.camera_id, (row.time_us - start) // width), []).append(row.value)
    series = events.readings(connection, sight, "light", (), start, NOW - 7, points)
    found = {
        (one.camera_id, (time - start) // width): value
        for one in series
        for time, value in zip(one.times_us, one.values, strict=True)
    }
    assert found == pytest.approx({part: sum(values) / len(values) for part, values in parts.items()})


@pytest.mark.parametrize("sight", SIGHTS)
def test_densities_and_counts_add_up(connection: Connection, sight: Sight) -> None:
    """The timeline of all days has each row once; the statistics have what the days have."""
    oracle = Oracle(connection)
    lanes = timeline.timeline(connection, sight, NOW - (DAYS + 1) * DAY_US, NOW, 77)
    for name in ("images", "events"):
        own = [row for row in oracle.rows[name] if allows(sight, row.camera_id)]
        assert sum(sum(getattr(lane, name)) for lane in lanes) == len(own)
        assert getattr(statistics.totals(connection, sight), name) == len(own)
        assert sum(getattr(day, name) for day in timeline.days(connection, sight, None)) == len(own)
        assert sum(getattr(row, name) for row in statistics.per_camera_per_day(connection, sight)) == len(own)


@pytest.mark.parametrize("sight", SIGHTS)
def test_findings_are_counted_and_listed(connection: Connection, sight: Sight) -> None:
    """Objects with their counts, detections, plates and sightings: as the rows have them."""
    oracle = Oracle(connection)
    found = [row for row in oracle.rows["detections"] if allows(sight, row.camera_id)]
    read = [row for row in oracle.rows["plate_sightings"] if allows(sight, row.camera_id)]
    for one in findings.objects(connection, sight, NOW):
        times = [row.time_us for row in found if row.object_id == one.id]
        assert (one.last_day, one.last_week) == tuple(sum(t > NOW - days * DAY_US for t in times) for days in (1, 7))
        assert one.last_us == max(times, default=None)
    every = _walk(lambda cursor: findings.search(connection, sight, (), (), None, None, cursor, 90))
    assert every == [row.id for row in _newest_first(found)]
    for text in ("", "*", "*1"):
        plates = [row.id for row in oracle.rows["plates"] if not text or _like(text)(row.text)]
        wanted = [row.id for row in _newest_first(read) if row.plate_id in plates]
        ids = _walk(lambda cursor: findings.sightings(connection, sight, text, (), None, None, cursor, 9))  # noqa: B023
        assert ids == wanted
        seen = frequency.table(connection, sight, text, "", None, None, 500).items
        assert sum(plate.sightings for plate in seen) == len(wanted)
        assert [plate.sightings for plate in seen] == sorted((plate.sightings for plate in seen), reverse=True)


@pytest.mark.parametrize("sight", SIGHTS)
def test_what_was_seen_is_counted_by_label_and_camera(connection: Connection, sight: Sight) -> None:
    """Each track and each detection is in one part of the span; tracks are listed once each, newest first."""
    oracle, start = Oracle(connection), NOW - 3 * DAY_US
    lanes = seen.counts(connection, sight, ("person", "dog"), (), start, NOW, 9)
    for name in ("seen", "detections"):
        rows = oracle.rows["tracks" if name == "seen" else "detections"]
        labels = {row.id: row.label for row in oracle.rows["objects"]}
        own = [
            row
            for row in rows
            if start <= row.time_us < NOW
            and allows(sight, row.camera_id)
            and labels.get(row.object_id) in {"person", "dog"}
        ]
        counted = {(lane.label, lane.camera_id): sum(getattr(lane, name)) for lane in lanes}
        assert {pair: count for pair, count in counted.items() if count} == Counter(
            (labels[row.object_id], row.camera_id) for row in own
        )
    wanted = [row.id for row in _newest_first(oracle.rows["tracks"]) if allows(sight, row.camera_id)]
    assert _walk(lambda cursor: seen.search(connection, sight, (), (), None, None, cursor, 60)) == wanted


@pytest.mark.parametrize("sight", SIGHTS)
def test_plates_are_counted_for_those_who_may_see_their_cameras(connection: Connection, sight: Sight) -> None:
    """Readings, days and usual camera are of the cameras in sight; a plate of others only is not there."""
    oracle = Oracle(connection)
    read = [row for row in oracle.rows["plate_sightings"] if allows(sight, row.camera_id)]
    for number in (1, 2, 77, 399):
        own = [row for row in read if row.plate_id == number]
        plate = frequency.plate(connection, sight, number)
        assert (plate is not None) == (bool(own) or sight is None)
        if plate is not None:
            assert plate.sightings == len(own) == sum(frequency.hours(connection, sight, number).values())
            assert plate.days == len({row.time_us // DAY_US for row in own})
            counts = Counter(row.camera_id for row in own)
            assert counts[plate.camera_id] == max(counts.values(), default=0)
            assert frequency.named(connection, sight, plate.text.lower()) == number
    seen_since = {row.plate_id for row in read if row.time_us >= NOW - DAY_US}
    assert set(_walk(lambda c: frequency.table(connection, sight, "", "", NOW - DAY_US, c, 5))) == seen_since


def test_every_question_has_an_answer(connection: Connection) -> None:
    """All that pages ask works in this database."""
    for question in questions().values():
        question(connection)
