"""A catalog as a farm has it after some weeks: busy days, quiet nights, readings, people, cars and their plates.

The same numbers give the same catalog, so what is measured on one machine can be measured again on another.
"""

import math
import random
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import accumulate, islice
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert

from imagehub.librarian import schema
from imagehub.librarian.catalog import writing

SEED = 1729
BATCH = 10_000
END = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOCAL = timezone(timedelta(hours=1))
DAY_US = 86_400_000_000
# How much happens in each hour of a day, from midnight on.
HOURS = (1, 1, 1, 1, 1, 2, 5, 9, 8, 7, 7, 8, 9, 8, 7, 7, 9, 10, 8, 5, 3, 2, 1, 1)
PLACES = ("Barn", "Gate", "Yard", "Pond", "Field", "Porch", "Drive", "Garden")
KINDS = ("motion", "light", "temperature", "humidity", "other", "restart")
SHARES = (350, 200, 200, 200, 45, 5)
LABELS = ("person", "car", "dog", "cat", "bicycle", "truck", "horse")
LABEL_SHARES = (400, 300, 120, 100, 50, 25, 5)
PLATES = 400

Row = dict[str, Any]


def fill(
    engine: Engine,
    images: int = 1_000_000,
    events: int = 2_000_000,
    cameras: int = 24,
    days: int = 60,
    end: datetime = END,
) -> None:
    """Fill an empty catalog; the last rows come just before `end`."""
    maker = Maker(random.Random(SEED), [number + 1 for number in range(cameras)], days, end)
    with writing(engine) as connection:
        for name, rows in maker.fixed().items():
            connection.execute(insert(schema.metadata.tables[name]), rows)
        _add(connection, schema.images, maker.images(images))
        _add(connection, schema.events, maker.events(events))
        tables = schema.tracks, schema.detections, schema.plate_sightings
        for table, found in zip(tables, (maker.tracks, maker.detections, maker.sightings), strict=True):
            _add(connection, table, iter(found))
        _add(connection, schema.days, maker.days())


def _add(connection: Connection, table: Table, rows: Iterator[Row]) -> None:
    while batch := list(islice(rows, BATCH)):
        connection.execute(insert(table), batch)


class Maker:
    """Makes rows, in the order of their times; what is found in images, and the days, come after the images."""

    def __init__(self, chance: random.Random, cameras: list[int], days: int, end: datetime) -> None:
        self._chance, self._cameras, self._days, self._end = chance, cameras, days, end
        self._counts: Counter[tuple[str, int, str]] = Counter()
        self.detections: list[Row] = []
        self.sightings: list[Row] = []
        self.tracks: list[Row] = []

    def fixed(self) -> dict[str, list[Row]]:
        """Return the rows of the small tables, by table."""
        nodes = range(1, (len(self._cameras) + 1) // 2 + 1)
        start = int(self._end.timestamp()) * 1_000_000
        hold = {"reason": "a visit", "actor": "generator", "created_us": start}
        return {
            "hubs": [{"data_directory": "/hub", "segment": "", "offset": 0, "sequence": 0, "purged": 0, "damaged": 0}],
            "nodes": [{"hub_id": 1, "name": _node(number)} for number in nodes],
            "cameras": [_camera(number) for number in self._cameras],
            "objects": [{"label": label} for label in LABELS],
            "plates": [{"text": self._plate(number), "region": ""} for number in range(PLATES)],
            "holds": [
                {"camera_id": camera, "start_us": start - ago * DAY_US, "end_us": start - ago * DAY_US + length, **hold}
                for camera, ago, length in ((1, 3, DAY_US // 24), (None, 9, DAY_US // 48), (2, 9, DAY_US // 24))
                if camera in {None, *self._cameras}
            ],
        }

    def images(self, count: int) -> Iterator[Row]:
        """Yield images; some have something in them."""
        for number, (time, local) in enumerate(self._times(count), 1):
            camera, size = self._some_camera(), int(self._chance.gauss(60_000, 12_000))
            row = self._row(number, camera, time, local) | {"type": "jpg", "text": f"{_name(camera)}|jpg|"}
            stamp = local.isoformat(timespec="microseconds").replace(":", ".")[:26]
            path = f"images/{row['day']}/{_name(camera).replace(' ', '-')}-{stamp}.jpg"
            self._count(row, "images", 1)
            self._count(row, "bytes", size)
            self._find(number, camera, time)
            checksum = f"crc32:{self._chance.getrandbits(32):08x}"
            held = self._chance.random() < 0.0005
            yield row | {"path": path, "bytes": size, "checksum": checksum, "state": "stored", "hold": held}

    def events(self, count: int) -> Iterator[Row]:
        """Yield events; readings follow the sun."""
        steps = list(accumulate(SHARES))
        for number, (time, local) in enumerate(self._times(count), 1):
            camera = self._some_camera()
            kind = KINDS[bisect(steps, self._chance.random() * steps[-1])]
            row = self._row(number, camera, time, local)
            value = self._value(kind, local)
            text = f"{_name(camera)}|{kind}|{'' if value is None else value}"
            self._count(row, "events", 1)
            yield row | {"kind": kind, "type": kind, "value": value, "text": text, "hold": False}

    def days(self) -> Iterator[Row]:
        """Yield what the images and events made so far add up to."""
        for day, camera in sorted({(day, camera) for day, camera, _ in self._counts}):
            sums = {what: self._counts[day, camera, what] for what in ("images", "events", "bytes")}
            yield {"day": day, "camera_id": camera} | sums

    def _times(self, count: int) -> Iterator[tuple[int, datetime]]:
        now = self._end.astimezone(LOCAL).hour
        hours = HOURS[now:] + HOURS[:now]
        steps = [0, *accumulate(hours)]
        first = self._end - timedelta(days=self._days)
        start = (first - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        for number in range(count):
            day, part = divmod((number + self._chance.random()) * self._days / count, 1)
            share = part * steps[-1]
            hour = bisect(steps, share) - 1
            within = (hour + (share - steps[hour]) / hours[hour]) / 24
            time = start + int((day + within) * DAY_US)
            yield time, datetime.fromtimestamp(time / 1_000_000, LOCAL)

    def _row(self, number: int, camera: int, time: int, local: datetime) -> Row:
        day = f"{local.year}-{local.month:02}-{local.day:02}"
        return {"hub_id": 1, "camera_id": camera, "sequence": number, "time_us": time, "day": day}

    def _count(self, row: Row, what: str, more: int) -> None:
        self._counts[row["day"], row["camera_id"], what] += more

    def _some_camera(self) -> int:
        # The first cameras see the most, the last one next to nothing.
        return self._cameras[int(self._chance.random() ** 1.5 * len(self._cameras))]

    def _value(self, kind: str, local: datetime) -> float | None:
        sun = math.sin((local.hour - 6) / 12 * math.pi)
        means: dict[str, Callable[[], float]] = {
            "light": lambda: max(0.0, sun) * 800,
            "temperature": lambda: 55 + 12 * sun,
            "humidity": lambda: 60 - 15 * sun,
        }
        return round(means[kind]() + self._chance.gauss(0, 2), 1) if kind in means else None

    def _find(self, image: int, camera: int, time: int) -> None:
        if self._chance.random() < 0.15:
            for label in self._chance.choices(range(len(LABELS)), LABEL_SHARES, k=self._chance.choice((1, 1, 2))):
                found = {"object_id": label + 1, **self._found(image, camera, time)}
                self.detections.append(found | {"track_id": self._track(found)})
        if self._chance.random() < 0.02:
            plate = int(self._chance.random() ** 3 * PLATES) + 1
            self.sightings.append({"plate_id": plate, **self._found(image, camera, time)})

    def _track(self, found: Row) -> int:
        """Return the number of a thing that a detection shows; every other one shows a new one."""
        if len(self.detections) % 2 == 0:
            seen = {"first_us": found["time_us"], "last_us": found["time_us"] + 5_000_000, "images": 2}
            self.tracks.append({**found, **seen, "absent_us": 0, "ended": True, "quiet": False})
        return len(self.tracks)

    def _found(self, image: int, camera: int, time: int) -> Row:
        left, top = (round(self._chance.random() * 0.8, 4) for _ in range(2))
        place = {"left": left, "top": top, "width": 0.15, "height": 0.2, "score": round(self._chance.random(), 3)}
        return {"image_id": image, "camera_id": camera, "time_us": time} | place

    def _plate(self, number: int) -> str:
        letters = "".join(self._chance.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=2))
        return f"{letters}{number:03}{'E' if number % 10 == 0 else ''}"


def _node(number: int) -> str:
    return f"{PLACES[(number - 1) % len(PLACES)]}{(number - 1) // len(PLACES) + 1}"


def _name(camera: int) -> str:
    return f"{_node((camera + 1) // 2)} {'Front' if camera % 2 else 'Back'}"


def _camera(number: int) -> Row:
    flags = {"display": number % 6 > 0, "check_objects": number % 2 > 0, "alpr": number % 8 == 1, "notifications": True}
    texts = {"type": "", "roi_names": "", "message": ""}
    return {"node_id": (number + 1) // 2, "view": _name(number).split()[1]} | flags | texts
