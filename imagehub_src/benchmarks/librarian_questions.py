"""Every question to the catalog as pages ask it, of the data that librarian_data makes; how long each answer takes.

librarian_questions.py URL [ROUNDS]     of a catalog that is filled already
librarian_questions.py URL --fill       fill a new one first
"""

import statistics
import sys
import time
from collections.abc import Callable

from sqlalchemy import Connection

from imagehub.librarian import catalog
from imagehub.librarian.queries import cameras, events, findings, frequency, images, seen, timeline, work
from imagehub.librarian.queries import statistics as counts
from imagehub.librarian.queries.images import Filters
from imagehub.librarian.retention import places
from imagehub.librarian.sight import Sight
from librarian_data import DAY_US, END, fill

NOW = int(END.timestamp()) * 1_000_000
WEEK, MONTH = NOW - 7 * DAY_US, NOW - 30 * DAY_US
FEW: Sight = frozenset({3, 14, 24})
PAGE = 60

SEARCHES: dict[str, Filters] = {
    "all": Filters(),
    "three cameras": Filters(camera_ids=(1, 9, 24)),
    "a day": Filters(start_us=WEEK, end_us=WEEK + DAY_US),
    "nights": Filters(hours=(22, 5), zone="Europe/Berlin"),
    "nights of a quiet camera": Filters(camera_ids=(24,), hours=(1, 3), zone="+01:00"),
    "after motion": Filters(event="motion"),
    "after a restart": Filters(event="restart"),
    "person": Filters(object="person"),
    "horse of a quiet camera": Filters(object="horse", camera_ids=(24,)),
    "plate": Filters(plate="*7*1*"),
    "any plate": Filters(plate="*"),
    "one plate": Filters(plate="*390*"),
    "held": Filters(held=True),
    "held person after motion at night": Filters(held=True, object="person", event="motion", hours=(18, 8)),
    "plate of a held truck": Filters(plate="*1*", object="truck", held=True),
}


def questions() -> dict[str, Callable[[Connection], object]]:
    """Return what is asked, by name."""
    found: dict[str, Callable[[Connection], object]] = {
        "images.newest_id": images.newest_id,
        "events.newest_id": events.newest_id,
        "images.boxes": lambda c: images.boxes(c, 7),
        "findings.labels": findings.labels,
        "frequency.aliases": lambda c: frequency.aliases(c, 7),
        "cameras.zones": cameras.zones,
        "work.dead_letters": lambda c: work.dead_letters(c, None, PAGE),
        "work.dead_letter": lambda c: work.dead_letter(c, 7),
        "work.minutes": lambda c: work.minutes(c, "objects", NOW // 60_000_000 - 60),
        "statistics.hubs": counts.hubs,
        "retention.places": lambda c: places.load(c, 1),
    }
    for sight, who in ((None, "all"), (FEW, "three")):
        found |= {f"{name}, sight: {who}": question for name, question in _of_sight(sight).items()}
    return found


def _of_sight(sight: Sight) -> dict[str, Callable[[Connection], object]]:
    found: dict[str, Callable[[Connection], object]] = {
        f"images.search {name}": lambda c, f=filters: _two_pages(c, sight, f)  # type: ignore[misc]
        for name, filters in SEARCHES.items()
    }
    found |= {
        f"images.neighbours {name}": lambda c, f=filters: images.neighbours(c, sight, _some(c), f)  # type: ignore[misc]
        for name, filters in SEARCHES.items()
    }
    return found | {
        "cameras.cameras": lambda c: cameras.cameras(c, sight),
        "cameras.camera": lambda c: cameras.camera(c, sight, 3),
        "images.latest": lambda c: images.latest(c, sight),
        "images.image": lambda c: images.image(c, sight, 9),
        "images.arrived": lambda c: images.arrived(c, sight, images.newest_id(c) - 50, 100),
        "events.search": lambda c: events.search(c, sight, (), (), None, None, None, PAGE),
        "events.search kinds": lambda c: events.search(c, sight, (), ("restart", "other"), None, NOW, None, PAGE),
        "events.search camera": lambda c: events.search(c, sight, (3,), ("restart",), MONTH, None, None, PAGE),
        "events.last_of_each": lambda c: events.last_of_each(c, sight),
        "events.readings month": lambda c: events.readings(c, sight, "temperature", (), MONTH, NOW),
        "events.readings camera": lambda c: events.readings(c, sight, "light", (3,), MONTH, NOW),
        "events.readings day": lambda c: events.readings(c, sight, "light", (), NOW - DAY_US, NOW),
        "events.arrived": lambda c: events.arrived(c, sight, events.newest_id(c) - 50, 100),
        "timeline.days": lambda c: timeline.days(c, sight, None),
        "timeline.days month": lambda c: timeline.days(c, sight, "2026-10"),
        "timeline.timeline": lambda c: timeline.timeline(c, sight, WEEK, WEEK + DAY_US, 288),
        "findings.objects": lambda c: findings.objects(c, sight, NOW),
        "findings.search": lambda c: findings.search(c, sight, (), (), None, None, None, PAGE),
        "findings.search horse": lambda c: findings.search(c, sight, ("horse",), (), MONTH, None, None, PAGE),
        "findings.sightings_of": lambda c: findings.sightings_of(c, sight, 7, None, PAGE),
        "frequency.table": lambda c: _two_tables(c, sight, ""),
        "frequency.table *7*": lambda c: _two_tables(c, sight, "*7*"),
        "frequency.plate": lambda c: frequency.plate(c, sight, 7),
        "frequency.named": lambda c: frequency.named(c, sight, "ab7"),
        "frequency.hours": lambda c: frequency.hours(c, sight, 7),
        "findings.sightings": lambda c: findings.sightings(c, sight, "", (), None, None, None, PAGE),
        "findings.sightings *39*": lambda c: findings.sightings(c, sight, "*39*", (), None, None, None, PAGE),
        "seen.counts": lambda c: seen.counts(c, sight, (), (), MONTH, NOW, 30),
        "seen.counts horse": lambda c: seen.counts(c, sight, ("horse",), (3, 5), WEEK, NOW, 7),
        "seen.search": lambda c: seen.search(c, sight, (), (), None, None, None, PAGE),
        "seen.search horse": lambda c: seen.search(c, sight, ("horse",), (3,), MONTH, NOW, None, PAGE),
        "statistics.totals": lambda c: counts.totals(c, sight),
        "statistics.per_camera_per_day": lambda c: counts.per_camera_per_day(c, sight, "2026-11-01"),
    }


def _two_pages(connection: Connection, sight: Sight, filters: Filters) -> None:
    first = images.search(connection, sight, filters, None, PAGE)
    if first.next:
        second = images.search(connection, sight, filters, first.next, PAGE)
        images.search(connection, sight, filters, second.previous, PAGE)


def _two_tables(connection: Connection, sight: Sight, text: str) -> None:
    first = frequency.table(connection, sight, text, "", MONTH, None, PAGE)
    frequency.table(connection, sight, text, "unknown", None, first.next, PAGE)


def _some(connection: Connection) -> images.Image:
    found = images.latest(connection, FEW)
    return found[0]


def main(url: str, rounds: int) -> None:
    """Print the median and the 95th percentile of each question's time."""
    engine = catalog.connect(url)
    with engine.connect() as connection:
        for name, question in questions().items():
            times = sorted(_milliseconds(question, connection) for _ in range(rounds))
            print(f"{statistics.median(times):8.1f} {times[int(rounds * 0.95)]:8.1f} ms  {name}", flush=True)


def _milliseconds(question: Callable[[Connection], object], connection: Connection) -> float:
    start = time.perf_counter()
    question(connection)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    if "--fill" in sys.argv:
        fill(catalog.connect(sys.argv[1]))
    main(sys.argv[1], int(next((word for word in sys.argv[2:] if word.isdigit()), "20")))
