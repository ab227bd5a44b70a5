"""A real librarian as a process, beside the data of a hub that has pictures: what browsers and programs are let at."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageDraw
from sqlalchemy import Engine, Table, func, insert, select

from imagehub import images, journal
from imagehub.journal import Entry, Journal
from imagehub.librarian import accounts, catalog, recordings, schema
from imagehub.librarian.audit import Actor
from imagehub.librarian.recordings import Place
from librarians import Librarian, running_librarian
from running import free_port, until
from session_folders import two_sessions

SESSIONS = "sessions"  # folder of recording sessions beside a hub's data directory
PASSWORD = "long enough words"
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
YESTERDAY = NOW.replace(hour=10, minute=0) - timedelta(days=1)
MINUTE = timedelta(minutes=1)


def drawn(text: str, width: int = 320, height: int = 240) -> bytes:
    """Return a JPEG on which a text can be read."""
    picture = Image.new("RGB", (width, height), (70, 100, 90 + sum(text.encode()) % 100))
    ImageDraw.Draw(picture).text((10, 10), text, fill="white")
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def image(root: Path, camera: str, time: datetime, body: bytes | None = None) -> Entry:
    """Write the file of an image, and return its entry for the journal."""
    node, _, view = camera.partition(" ")
    body = drawn(f"{camera} {time:%H:%M}") if body is None else body
    path = images.write_new(root, camera, time, body)
    words = {"kind": "image", "type": "jpg", "text": f"{camera}|jpg|", "request": ""}
    place = {"path": path, "bytes": len(body), "checksum": journal.checksum(body)}
    return {"time": time.isoformat(), "node": node, "view": view, **words, **place}


def event(camera: str, time: datetime, text: str) -> Entry:
    """Return the entry of an event such as `motion|moving`."""
    node, _, view = camera.partition(" ")
    words = {"kind": "event", "type": text.partition("|")[0], "text": f"{camera}|{text}", "request": ""}
    return {"time": time.isoformat(), "node": node, "view": view, **words}


def write_journal(root: Path, entries: Sequence[Entry]) -> None:
    """Write and commit the journal of a hub, a segment for each day."""
    (root / "journal").mkdir(parents=True)
    lines = Journal(root / "journal", None)
    for day, of_day in groupby(sorted(entries, key=lambda entry: str(entry["time"])), lambda entry: entry["time"][:10]):
        lines.append(list(of_day), day)
        lines.commit(lines.written)
    lines.close()


def append(root: Path, entries: Sequence[Entry]) -> None:
    """Go on with a journal, as a hub does that stores something."""
    mark = journal.read_mark(root / "journal")
    assert mark
    lines = Journal(root / "journal", mark.position)
    lines.append(list(entries), mark.position.day)
    lines.commit(lines.written)
    lines.close()


def three_cameras(root: Path) -> None:
    """Fill a data directory: more than a page of one camera yesterday, a few of two others, events and readings.

    Beside it two recording sessions.
    """
    entries = [image(root, "Barn P1", YESTERDAY + number * MINUTE) for number in range(60)]
    entries += [image(root, "Yard", NOW - number * MINUTE) for number in range(1, 6)]
    entries += [image(root, "Gate East", NOW - timedelta(days=2) - number * MINUTE) for number in range(3)]
    entries += [event("Barn P1", YESTERDAY + 5 * MINUTE, "motion|moving"), event("Yard", NOW - MINUTE, "motion|still")]
    entries += [
        event(camera, NOW - 10 * number * MINUTE, f"Temp|{50 + number} F")
        for camera in ("Barn P1", "Yard")
        for number in range(1, 30)
    ]
    write_journal(root, entries)
    two_sessions(root.parent / SESSIONS)


@dataclass
class Site:
    """A librarian that serves its pages."""

    folder: Path
    hub: Path
    url: str
    process: Librarian

    def output(self) -> str:
        """Return what it has logged."""
        return self.process.output()

    def serves(self) -> bool:
        """Tell whether it answers."""
        try:
            return httpx.get(f"{self.url}/healthz", verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def taken(self) -> int:
        """Return how many images the catalog has."""
        with self.catalog() as engine, engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(schema.images)).scalar_one()

    def first_link(self) -> str:
        """Return the link that makes the first administrator."""
        found = until(lambda: re.search(r"open \S+(/first/\S+) within", self.output()), "the first link")
        return f"{self.url}{found[1]}"

    @contextmanager
    def catalog(self) -> "Iterator[Engine]":
        """Give its catalog, to look into or to add what is found in images."""
        engine = catalog.connect(f"sqlite:///{self.folder / 'librarian_data' / 'catalog.sqlite'}")
        try:
            yield engine
        finally:
            engine.dispose()

    def add(self, table: Table, **values: Any) -> int:
        """Add a row to a table of the catalog and return its id."""
        with self.catalog() as engine, catalog.writing(engine) as connection:
            return int(connection.execute(insert(table).values(**values)).inserted_primary_key[0])  # type: ignore[index]

    def cameras(self) -> dict[str, int]:
        """Return the ids of the cameras, by name."""
        wanted = select(schema.nodes.c.name, schema.cameras.c.view, schema.cameras.c.id).join_from(
            schema.nodes, schema.cameras
        )
        with self.catalog() as engine, engine.connect() as connection:
            return {f"{node} {view}".strip(): number for node, view, number in connection.execute(wanted)}

    def images(self, camera: str) -> list[tuple[int, str]]:
        """Return id and path of a camera's images, oldest first."""
        of = schema.images.c.camera_id == self.cameras()[camera]
        with self.catalog() as engine, engine.connect() as connection:
            wanted = select(schema.images.c.id, schema.images.c.path).where(of).order_by(schema.images.c.time_us)
            return [(number, path) for number, path in connection.execute(wanted)]

    def session(self) -> Place:
        """Return the newest recording session."""
        return recordings.places(self.hub.parent / SESSIONS)[0]

    def make_user(self, name: str, role: str = "administrator", *cameras: str) -> None:
        """Make a user with PASSWORD; one with cameras sees those only."""
        known = self.cameras()
        sight = frozenset(known[camera] for camera in cameras) if cameras else None
        now = round(datetime.now(UTC).timestamp() * 1e6)
        with self.catalog() as engine, catalog.writing(engine) as connection:
            _, secret = accounts.add_user(connection, Actor(None, "test"), name, "", role, sight, now)
            accounts.use_reset(connection, secret, PASSWORD, now)


@contextmanager
def serving(folder: Path, hub: Path, taken: int = 1, **sections: dict[str, Any]) -> Iterator[Site]:
    """Give a librarian that follows a data directory and has taken in so many images; end it afterwards."""
    port = free_port()
    if (sessions := hub.parent / SESSIONS).is_dir():
        sections["librarian"] = {"sessions_directory": str(sessions)} | sections.get("librarian", {})
    web = {"port": port, **sections.pop("web", {})}
    scheme = "https" if "certificate" in web else "http"
    with running_librarian(folder, hub, web=web, **sections) as process:
        made = Site(folder, hub, f"{scheme}://localhost:{port}", process)
        until(made.serves, f"the librarian; its log says {made.output()[-2000:]}")
        until(lambda: made.taken() >= taken, f"{taken} images in the catalog")
        yield made


BOX = (0.25, 0.5, 0.25, 0.25)


def found_in(
    site: Site, image_id: int, label: str, plate: str = "", where: tuple[float, float, float, float] = BOX
) -> None:
    """Say that an object, and maybe a licence plate, was found in an image: left, top, width and height of its box."""
    with site.catalog() as engine, engine.connect() as connection:
        row = connection.execute(select(schema.images).where(schema.images.c.id == image_id)).one()
    of = {"image_id": image_id, "camera_id": row.camera_id, "time_us": row.time_us, "score": 0.9}
    place = of | dict(zip(("left", "top", "width", "height"), where, strict=True))
    ids: dict[str, int] = {"object_id": _known(site, schema.objects, label=label)}
    site.add(schema.detections, **ids, **place, track_id=_track(site, ids, place))
    if plate:
        ids = {"plate_id": _known(site, schema.plates, text=plate, region="")}
        site.add(schema.plate_sightings, **ids, **place, reading=plate, track_id=_track(site, ids, place))


def _known(site: Site, table: Table, **names: str) -> int:
    with site.catalog() as engine, engine.connect() as connection:
        found = connection.execute(select(table.c.id).filter_by(**names)).scalar()
    return int(found) if found is not None else site.add(table, **names)


def _track(site: Site, ids: dict[str, int], place: dict[str, Any]) -> int:
    """Add the thing that a find shows: seen in this image only."""
    seen = {"first_us": place["time_us"], "last_us": place["time_us"], "images": 1}
    return site.add(schema.tracks, **ids, **place, **seen, absent_us=0, ended=True, quiet=False)
