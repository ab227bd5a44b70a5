"""A catalog with cameras in which things happen, for tests of rules and notifications."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, insert, select, update

from catalogs import fresh
from imagehub.librarian import catalog, rules, schema
from imagehub.librarian.audit import Actor
from imagehub.librarian.rules import Rule
from imagehub.librarian.schema import (
    cameras,
    detections,
    events,
    hubs,
    images,
    nodes,
    notifications,
    objects,
    plate_sightings,
    plates,
    regions,
    tracks,
)

SOMEBODY = Actor(None, "somebody")
SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
NOON = 1_795_262_400 * SECOND  # 2026-11-21 12:00 UTC, a Saturday
BOX = {"left": 0.1, "top": 0.1, "width": 0.2, "height": 0.2}
WEBHOOK = {"channel": "webhook", "target": "http://127.0.0.1:9/hook"}


def rule(name: str = "Gate", cooldown: int = 0, actions: Any = (WEBHOOK,), **conditions: Any) -> Rule:
    """Return a rule with these conditions."""
    words = {"name": name, "enabled": True, "cooldown_seconds": cooldown}
    return rules.read(words | {"conditions": conditions, "actions": list(actions)})


class World:
    """Makes rows as ingest and vision do; each method returns the new row's id."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self._numbers = count(1)
        places = {"data_directory": str(folder), "segment": "", "offset": 0, "sequence": 0, "purged": 0, "damaged": 0}
        self.hub = self._add(hubs, places)

    def camera(self, node: str = "Barn", view: str = "P1", **more: Any) -> int:
        """Add a camera."""
        number = self._add(nodes, {"hub_id": self.hub, "name": node})
        words = {"type": "", "roi_names": "", "message": "", "check_objects": False, "alpr": False}
        shown = {"display": True, "notifications": True}
        return self._add(cameras, {"node_id": number, "view": view} | words | shown | more)

    def event(self, camera: int, time_us: int, text: str = "Barn P1|motion|moving", **more: Any) -> int:
        """Add an event."""
        words = {"kind": "motion", "type": text.split("|")[1], "value": None, "text": text}
        return self._add(events, self._row(camera, time_us) | words | more)

    def image(self, camera: int, time_us: int, text: str = "Barn P1|jpg|", **more: Any) -> int:
        """Add an image, which has no file."""
        path = f"images/2026-11-21/{time_us}.jpg"
        words = {"type": "jpg", "text": text, "path": path, "bytes": 3, "checksum": "", "state": "stored"}
        return self._add(images, self._row(camera, time_us) | words | more)

    def detection(
        self,
        camera: int,
        time_us: int,
        label: str,
        score: float,
        image: int | None = None,
        track: int | None = None,
        **more: Any,
    ) -> int:
        """Add something that was found: a thing of its own, unless a track says which; 0 is none, it is not sure."""
        number = self._name(objects, label=label)
        row = {"object_id": number, "image_id": image, "camera_id": camera}
        given = self.track(camera, time_us, object_id=number) if track is None else track or None
        return self._add(detections, row | {"time_us": time_us, "score": score, "track_id": given} | BOX | more)

    def sighting(
        self, camera: int, time_us: int, plate: str, score: float = 0.9, track: int | None = None, **more: Any
    ) -> int:
        """Add a reading of a plate, as `detection`."""
        number = self._name(plates, text=plate, region="")
        row = {"plate_id": number, "image_id": None, "camera_id": camera}
        given = self.track(camera, time_us, plate_id=number) if track is None else track or None
        return self._add(plate_sightings, row | {"time_us": time_us, "score": score, "track_id": given} | BOX | more)

    def track(self, camera: int, time_us: int, **more: Any) -> int:
        """Add a track that begins then."""
        times = {"time_us": time_us, "first_us": time_us, "last_us": time_us, "absent_us": 0}
        words = {"camera_id": camera, "images": 1, "score": 0.9, "ended": False, "quiet": False}
        return self._add(tracks, times | words | BOX | more)

    def zone(self, camera: int, name: str, left: float, right: float) -> None:
        """Give a camera a zone: a part of its picture from top to bottom."""
        corners = [[left, 0], [right, 0], [right, 1], [left, 1]]
        self._add(regions, {"camera_id": camera, "name": name, "use": "zone", "polygon": json.dumps(corners)})

    def known_plate(self, plate: str, **more: Any) -> int:
        """Add a plate of which users say something."""
        return self._add(plates, {"text": plate, "region": ""} | more)

    def add_rule(self, made: Rule, created_us: int = 0) -> int:
        """Add a rule that is as old as that."""
        with catalog.writing(self.engine) as connection:
            number = rules.create(connection, SOMEBODY, made)
            table = schema.rules
            connection.execute(update(table).where(table.c.id == number).values(created_us=created_us))
        return number

    def outbox(self) -> list[Any]:
        """Return all notifications, oldest first."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(notifications).order_by(notifications.c.id)))

    def causes(self) -> list[str]:
        """Return what made each notification."""
        return [row.cause for row in self.outbox()]

    def _row(self, camera: int, time_us: int) -> dict[str, Any]:
        same = {"hub_id": self.hub, "camera_id": camera, "sequence": next(self._numbers), "hold": False}
        return same | {"time_us": time_us, "day": "2026-11-21"}

    def _name(self, table: Table, **words: str) -> int:
        same = [table.c[name] == word for name, word in words.items()]
        with self.engine.connect() as connection:
            found = connection.execute(select(table.c.id).where(*same)).scalar()
        return found or self._add(table, words)

    def _add(self, table: Table, row: dict[str, Any]) -> int:
        with catalog.writing(self.engine) as connection:
            made = connection.execute(insert(table).values(**row)).inserted_primary_key
        assert made is not None
        return int(made[0])


@contextmanager
def world(folder: Path, url: str | None = None) -> Iterator[World]:
    """Give a catalog, in SQLite unless a URL says otherwise."""
    engine = catalog.connect(url) if url else fresh(folder / "catalog.sqlite")
    try:
        yield World(engine, folder)
    finally:
        engine.dispose()
