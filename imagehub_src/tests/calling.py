"""A small catalog with users, and calls of its web page without a server, for tests."""

import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import Connection, Engine, insert

from catalogs import DAY, write_journal
from imagehub.journal import Entry
from imagehub.librarian import accounts, catalog, notify, schema, settings
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.thumbnails import Thumbnails
from imagehub.librarian.web import app, server
from imagehub.librarian.web.api.formats import read_time
from imagehub.librarian.web.site import Site
from imagehub.librarian.web.times import now_us
from running import free_port, until

with warnings.catch_warnings():  # it wants a package that few have yet
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "a horse in the barn at night"
SCOPES = ("read", "write", "admin")
# The nodes Gate and Barn send in turns, an image and an event each.
NODES = ("Gate", "Barn")


@dataclass
class Called:
    """A site with two cameras, and who may call: `all` of its tokens may do everything, `guest` look at Gate."""

    site: Site
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, who: str = "all", **more: Any) -> Any:
        """Call with the token of somebody."""
        return self.call("GET", path, who, **more)

    def call(self, method: str, path: str, who: str = "all", headers: dict[str, str] | None = None, **more: Any) -> Any:
        """Call with the token of somebody; nobody is ``."""
        named = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return self.client.request(method, f"/api/v1{path}", headers=named | (headers or {}), **more)

    def sign_in(self, name: str = "admin") -> str:
        """Begin a session, whose cookie goes with each call, and return its form token."""
        with self.site.writing() as connection:
            _, secret = accounts.sign_in(connection, name, PASSWORD, "testclient", now_us(), 30)
        self.client.cookies.set("imagehub_session", secret)
        return accounts.form_token(secret)


@contextmanager
def a_site(folder: Path, **web: Any) -> Iterator[Site]:
    """Give a catalog in a folder, with what two cameras sent."""
    loaded = settings.parse("librarian:", folder)
    loaded = replace(loaded, web=replace(loaded.web, **web))
    write_hub(loaded.hub_directory)
    engine = catalog.connect(loaded.database)
    Ingest(engine, loaded.hub_directory).follow()
    thumbnails = Thumbnails(loaded.data_directory / "thumbnails", loaded.hub_directory)
    try:
        yield Site(engine, loaded, Arrivals(), Arrivals(), notify.channels(loaded), thumbnails)
    finally:
        engine.dispose()


@contextmanager
def calling(folder: Path) -> Iterator[Called]:
    """Give a catalog in a folder, and a client for it."""
    with a_site(folder) as site, TestClient(app.build(site), raise_server_exceptions=False) as client:
        yield Called(site, client, seed(site.engine))


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Site, dict[str, str]]]:
    """Serve such a catalog, and give the address, the site and the tokens."""
    with a_site(folder, port=free_port()) as site:
        tokens, stop = seed(site.engine), threading.Event()
        thread = threading.Thread(target=server.serve, args=(site, stop))
        thread.start()
        try:
            address = f"http://127.0.0.1:{site.settings.web.port}"
            until(lambda: _answers(site.settings.web.port), "the web page")
            yield address, site, tokens
        finally:
            stop.set()
            thread.join()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def write_hub(root: Path, count: int = 10) -> None:
    """Write a hub's journal and images; the first image is no picture, the second one is missing."""
    entries = [_entry(number) for number in range(1, 2 * count + 1)]
    for entry in entries:
        if entry["kind"] == "image" and not entry["path"].endswith("000004.jpg"):
            path = root / entry["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (640, 480), "teal").save(path, "JPEG")
    (root / entries[1]["path"]).write_bytes(b"no picture")
    write_journal(root, entries).close()


def _entry(number: int) -> Entry:
    node = NODES[(number - 1) // 2 % 2]
    shared = {"time": f"{DAY}T12:00:{number:02d}.000000+00:00", "node": node, "view": "", "request": ""}
    if number % 2:
        return shared | {"kind": "event", "type": "Temp", "text": f"{node}|Temp|{number} F"}
    path = f"images/{DAY}/{node}-{DAY}T12.00.00.{number:06d}.jpg"
    return shared | {
        "kind": "image",
        "type": "jpg",
        "text": node,
        "path": path,
        "bytes": 3,
        "checksum": f"crc32:{number:08d}",
    }


def seed(engine: Engine) -> dict[str, str]:
    """Add two users, an object and a plate in each camera's images, and return tokens by name and by scope."""
    now = now_us()
    with catalog.writing(engine) as connection:
        first = accounts.first_link(connection, now)
        assert first
        admin = accounts.use_first(connection, first, "admin", "admin@example.org", PASSWORD, now)
        guest, invitation = accounts.add_user(connection, admin.actor, "guest", "", "viewer", frozenset({1}), now)
        accounts.use_reset(connection, invitation, PASSWORD, now)
        tokens = {"all": accounts.make_token(connection, admin, "all", SCOPES, None, now)}
        tokens["guest"] = accounts.make_token(connection, guest, "look", ("read",), None, now)
        for scope in SCOPES:
            tokens[scope] = accounts.make_token(connection, admin, scope, (scope,), None, now)
        _find(connection)
    return tokens


def _find(connection: Any) -> None:
    box = {"score": 0.9, "left": 0.1, "top": 0.1, "width": 0.5, "height": 0.5}
    connection.execute(insert(schema.objects), [{"id": 1, "label": "person"}])
    connection.execute(
        insert(schema.plates),
        [
            {
                "id": n,
                "text": f"ABC{n}",
                "region": "",
            }
            for n in (1, 2)
        ],
    )
    for number, camera in ((1, 1), (2, 2)):
        time_us = read_time(f"{DAY}T12:00:{2 * number:02d}Z")
        there = box | {"image_id": number, "camera_id": camera, "time_us": time_us}
        connection.execute(insert(schema.detections).values(**there, object_id=1))
        connection.execute(insert(schema.plate_sightings).values(**there, plate_id=number))


def set_aside(connection: Connection, *image_ids: int) -> None:
    """Put a job for each of these images aside, as one that can't be done."""
    dead = {"kind": "objects", "priority": 2, "state": "dead", "due_us": 0, "tries": 3, "worker": "barn:1"}
    for number in image_ids:
        row = dead | {"image_id": number, "time_us": number, "error": "not a JPEG"}
        connection.execute(insert(schema.jobs).values(**row))
